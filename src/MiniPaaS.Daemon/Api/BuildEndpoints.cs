using System.Collections.Immutable;
using System.Security.Claims;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/builds</c>: list, read, cancel (an extension); and the cache between them. A build is named by its number or its uuid.</summary>
internal sealed class BuildEndpoints(
    Database database, RunningBuilds running, BuildCaches caches, BuildDescription describe, Settings settings, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/builds", (HttpContext context, string name) => OfApp(name, app => Lists.Of(
            context,
            [.. database.Read(db => BuildTable.All(db, app.Id)).Reverse().Select(build => describe.Of(context.Request, app, build))],
            ProtocolJson.Default.ImmutableArrayBuildInfo,
            ("created_at", build => build.CreatedAt.ToString("O")),
            ("id", build => build.Id))));
        routes.MapGet("/apps/{name}/builds/{id}", (HttpContext context, string name, string id) => OfBuild(name, id, (app, build) =>
            ApiResults.Json(describe.Of(context.Request, app, build), ProtocolJson.Default.BuildInfo)));
        routes.MapGet("/apps/{name}/builds/{id}/output", (HttpContext context, string name, string id) => OfBuild(name, id, (app, build) =>
            Output(context, app, build)));
        routes.MapDelete("/apps/{name}/builds/{id}", (HttpContext context, string name, string id, ClaimsPrincipal user) => OfBuild(name, id, (app, build) =>
            running.Cancel(app.Id, build.Id, user.Identity!.Name!)
                ? ApiResults.Json(describe.Of(context.Request, app, build), ProtocolJson.Default.BuildInfo, StatusCodes.Status202Accepted)
                : ApiResults.Conflict($"Build {build.Id} of {name} is not under way any more: it {build.Status}.")));
        routes.MapDelete("/apps/{name}/build-cache", PurgeAsync);
    }

    /// <summary>What a build says, to its end.</summary>
    public IResult Output(HttpContext context, App app, Build build) =>
        Results.Stream(stream => WriteOutputAsync(stream, app, build.Id, context.RequestAborted), "text/plain; charset=utf-8");

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

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private IResult OfBuild(string name, string id, Func<App, Build, IResult> answer) => OfApp(name, app =>
        describe.NumberOf(id) is { } number && database.Read(db => BuildTable.Find(db, app.Id, number)) is { } build
            ? answer(app, build)
            : ApiResults.NotFound($"{name} has no build {id}; `paas builds` lists them.", "build"));
}
