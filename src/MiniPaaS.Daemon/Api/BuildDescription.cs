using System.Globalization;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Builds as clients see them, and as they name them.</summary>
internal sealed class BuildDescription(ResourceIds ids, StreamAddresses streams, AppDescription apps)
{
    public BuildInfo Of(HttpRequest request, App app, Build build)
    {
        var id = ids.Of(ResourceKind.Build, build.Id);
        return new BuildInfo
        {
            Id = id,
            App = apps.Reference(app),
            CreatedAt = build.StartedAt,
            OutputStreamUrl = streams.Of(request, $"/builds/{id}"),
            SourceBlob = new BuildSource(null, null, build.Commit),
            Status = build.Status switch
            {
                BuildTable.Running => "pending",
                "succeeded" or "verified" => "succeeded",
                _ => "failed",
            },
            UpdatedAt = build.FinishedAt ?? build.StartedAt,
            Number = build.Id,
            State = build.Status,
            Error = build.Error,
            FinishedAt = build.FinishedAt,
        };
    }

    /// <summary>The number of a build that a client names by number or uuid, or null.</summary>
    public long? NumberOf(string text) =>
        ids.TryRead(ResourceKind.Build, text, out var number, out _) ? number
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given
        : null;
}
