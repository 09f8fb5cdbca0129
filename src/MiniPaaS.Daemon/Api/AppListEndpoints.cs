using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps</c>, <c>/users/{user}/apps</c> and <c>/filters/apps</c>: many apps at once, in parts.</summary>
internal sealed class AppListEndpoints(Database database, AppDescription describe, ResourceIds ids)
{
    private const string Name = "name";

    private static readonly string[] Fields = [Name, "id"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps", (HttpContext context) => List(context));
        routes.MapGet("/users/{user}/apps", (HttpContext context, string user) => List(context));
        routes.MapPost("/filters/apps", Filter);
    }

    private IResult List(HttpContext context)
    {
        if (!ListRange.TryParse(context.Request.Headers.Range, Fields, out var range, out var error))
        {
            return ApiResults.NoSuchRange(error);
        }

        var found = database.Read(db =>
        {
            var page = range.Field == Name
                ? AppList.ByName(db, range.Start, range.Exclusive, range.End, range.Descending, range.Max + 1)
                : AppList.ById(db, Number(range.Start), range.Exclusive, Number(range.End), range.Descending, range.Max + 1);
            return (Apps: page.Take(range.Max).Select(app => describe.Of(db, app)).ToImmutableArray(), More: page.Length > range.Max);
        });
        return Lists.Part(
            found.Apps, found.More, range, ProtocolJson.Default.ImmutableArrayAppInfo, app => range.Field == Name ? app.Name : app.Id, Fields);
    }

    private IResult Filter(HttpContext context, AppFilter filter)
    {
        var wanted = filter.In is { Id: { IsDefault: false } given } ? given : [];
        var found = database.Read(db =>
        {
            var numbers = wanted.Select(id => Number(id) ?? AppTable.Find(db, id)?.Id).OfType<long>().ToArray();
            return AppList.Of(db, numbers).Select(app => describe.Of(db, app)).ToImmutableArray();
        });
        return Lists.Of(context, found, ProtocolJson.Default.ImmutableArrayAppInfo, (Name, app => app.Name), ("id", app => app.Id));
    }

    private long? Number(string? id) => ids.TryRead(ResourceKind.App, id, out var number, out _) ? number : null;
}
