using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Apps as clients see them.</summary>
internal sealed class AppDescription(ResourceIds ids, Users users, Places places, Settings settings)
{
    public AppInfo Of(SqliteConnection db, ListedApp listed)
    {
        var app = listed.App;
        return new AppInfo
        {
            Id = ids.Of(ResourceKind.App, app.Id),
            Name = app.Name,
            Acm = listed.Acme,
            BuildpackProvidedDescription = listed.Buildpacks,
            BuildStack = places.Stack(app.Stack ?? listed.LiveStack ?? settings.DefaultStack),
            CreatedAt = app.CreatedAt,
            Generation = places.Generation,
            GitUrl = $"{settings.ControlUrl}/{app.Name}.git",
            Maintenance = listed.Maintenance,
            Owner = users.OwnerOf(db, listed.FirstUser),
            Region = places.Region,
            ReleasedAt = listed.ReleasedAt,
            SlugSize = listed.SlugSize,
            Stack = places.Stack(listed.LiveStack ?? app.Stack ?? settings.DefaultStack),
            UpdatedAt = listed.ChangedAt ?? app.CreatedAt,
            WebUrl = settings.WebUrl(listed.Hosts[0]),
            Domains = listed.Hosts,
            Release = app.LiveRelease,
            Number = app.Id,
        };
    }

    /// <summary>An app as other resources refer to it.</summary>
    public Reference Reference(Apps.App app) => new(ids.Of(ResourceKind.App, app.Id), app.Name);
}
