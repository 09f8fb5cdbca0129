using System.Collections.Immutable;
using System.Security.Claims;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/builds</c>: list, read, cancel; and the cache between them.</summary>
internal sealed class BuildEndpoints(Database database, RunningBuilds running, BuildCaches caches, Settings settings, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/builds", (string name) => OfApp(name, app => Results.Json(
            database.Read(db => BuildTable.All(db, app.Id)).Select(Describe).ToImmutableArray(), ProtocolJson.Default.ImmutableArrayBuildInfo)));
        routes.MapGet("/apps/{name}/builds/{id:long}", (string name, long id) => OfBuild(name, id, (_, build) =>
            Results.Json(Describe(build), ProtocolJson.Default.BuildInfo)));
        routes.MapGet("/apps/{name}/builds/{id:long}/output", (HttpContext context, string name, long id) => OfBuild(name, id, (app, _) =>
            Results.Stream(stream => WriteOutputAsync(stream, app, id, context.RequestAborted), "text/plain; charset=utf-8")));
        routes.MapDelete("/apps/{name}/builds/{id:long}", (string name, long id, ClaimsPrincipal user) => OfBuild(name, id, (app, build) =>
            running.Cancel(app.Id, id, user.Identity!.Name!)
                ? Results.Json(Describe(build), ProtocolJson.Default.BuildInfo, statusCode: StatusCodes.Status202Accepted)
                : ApiResults.Conflict($"Build {id} of {name} is not under way any more: it {build.Status}.")));
        routes.MapDelete("/apps/{name}/build-cache", PurgeAsync);
    }

    // What is written is shown as it comes; the build's row says when there will be no more.
    private async Task WriteOutputAsync(Stream target, App app, long id, CancellationToken ct)
    {
        var path = BuildLog.PathOf(settings, id);
        await using var log = File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : Stream.Null;
        while (true)
        {
            var ended = database.Read(db => BuildTable.Find(db, app.Id, id)) is not { Status: BuildTable.Running };
            await log.CopyToAsync(target, ct);
            await target.FlushAsync(ct);
            if (ended)
            {
                return;
            }

            await Task.Delay(PollInterval, time, ct);
        }
    }

    private async Task<IResult> PurgeAsync(string name, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        await caches.PurgeAsync(app.Id, ct);
        return Results.NoContent();
    }

    private static BuildInfo Describe(Build build) => new(build.Id, build.Status, build.Commit, build.Error, build.StartedAt, build.FinishedAt);

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private IResult OfBuild(string name, long id, Func<App, Build, IResult> answer) => OfApp(name, app =>
        database.Read(db => BuildTable.Find(db, app.Id, id)) is { } build
            ? answer(app, build)
            : ApiResults.NotFound($"{name} has no build {id}; `paas builds` lists them."));
}
