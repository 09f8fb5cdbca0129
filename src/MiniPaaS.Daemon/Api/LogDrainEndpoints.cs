using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Draining;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/log-drains</c>: where an app's log is sent. A drain is named by its uuid, its token or its address.</summary>
internal sealed class LogDrainEndpoints(
    Database database, Drains drains, DrainSocket socket, LogBook logs, AppDescription apps, ResourceIds ids, TimeProvider time)
{
    private const int Most = 20;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/log-drains", (HttpContext context, string name) => database.Read(db => AppTable.Find(db, name)) is { } app
            ? Lists.Of(context, All(app), ProtocolJson.Default.ImmutableArrayLogDrainInfo, ("id", drain => drain.Id), ("url", drain => drain.Url))
            : ApiResults.NoApp(name));
        routes.MapPost("/apps/{name}/log-drains", AddAsync);
        routes.MapGet("/apps/{name}/log-drains/{drain}", (string name, string drain) => OfDrainAsync(name, drain, (app, found) => Task.FromResult(Json(app, found))));
        routes.MapDelete("/apps/{name}/log-drains/{drain}", (string name, string drain, CancellationToken ct) => OfDrainAsync(name, drain, async (app, found) =>
        {
            var answer = Json(app, found);
            await database.WriteAsync(db => LogDrainTable.Delete(db, found.Id), ct);
            await drains.RefreshAsync();
            logs.Platform(app.Id, "api", $"Removed log drain to {HostOf(found.Url)}");
            return answer;
        }));
    }

    private async Task<IResult> AddAsync(string name, CreateLogDrain wanted, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (!DrainAddress.TryParse(wanted.Url, out var address, out var error))
        {
            return ApiResults.Invalid(error);
        }

        if (await socket.RefusalAsync(address, ct) is { } refusal)
        {
            return ApiResults.Invalid(refusal);
        }

        if (database.Read(db => LogDrainTable.OfApp(db, app.Id)).Length >= Most)
        {
            return ApiResults.Invalid($"{name} has {Most} log drains, which is the most there can be; remove one first.");
        }

        var token = $"d.{Guid.NewGuid()}";
        if (await database.WriteAsync(db => LogDrainTable.Insert(db, app.Id, wanted.Url!, token, time.GetUtcNow()), ct) is not { } added)
        {
            return ApiResults.Invalid($"{name} sends its log to that address already.");
        }

        await drains.RefreshAsync();
        logs.Platform(app.Id, "api", $"Added log drain to {HostOf(added.Url)}");
        return Json(app, added, StatusCodes.Status201Created);
    }

    private async Task<IResult> OfDrainAsync(string name, string text, Func<App, LogDrain, Task<IResult>> answer)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        // Routing leaves %2F in an address as it is.
        var reference = Uri.UnescapeDataString(text);
        return database.Read(db => LogDrainTable.OfApp(db, app.Id))
            .FirstOrDefault(drain => drain.Url == reference || drain.Token == reference || ResourceIds.Same(IdOf(drain), reference)) is { } found
            ? await answer(app, found)
            : ApiResults.NotFound($"{name} has no such log drain; `paas drains` lists them.", "drain");
    }

    private ImmutableArray<LogDrainInfo> All(App app) => [.. database.Read(db => LogDrainTable.OfApp(db, app.Id)).Select(drain => Describe(app, drain))];

    private LogDrainInfo Describe(App app, LogDrain drain)
    {
        var figures = drains.FiguresOf(drain.Id);
        return new LogDrainInfo
        {
            Id = IdOf(drain),
            App = apps.Reference(app),
            CreatedAt = drain.CreatedAt,
            Token = drain.Token,
            UpdatedAt = drain.CreatedAt,
            Url = drain.Url,
            Delivered = figures?.Delivered ?? 0,
            Dropped = figures?.Dropped ?? 0,
            Error = figures?.Error,
        };
    }

    private string IdOf(LogDrain drain) => ids.Of(ResourceKind.LogDrain, drain.Id);

    private static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Host : "another host";

    private IResult Json(App app, LogDrain drain, int status = StatusCodes.Status200OK) =>
        ApiResults.Json(Describe(app, drain), ProtocolJson.Default.LogDrainInfo, status);
}
