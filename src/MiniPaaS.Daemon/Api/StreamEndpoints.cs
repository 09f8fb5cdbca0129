using System.Runtime.CompilerServices;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/streams</c>: logs, what builds say and what release phases say, at addresses that carry their own permission.</summary>
internal sealed class StreamEndpoints(
    Database database, LogBook logs, AppChanges changes, BuildEndpoints builds, StreamAddresses addresses, ResourceIds ids, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(StreamAddresses.Root);
        group.AddEndpointFilter(async (invocation, next) => addresses.IsValid(invocation.HttpContext.Request)
            ? await next(invocation)
            : ApiResults.Error(StatusCodes.Status403Forbidden, "forbidden", "This address was not given by this platform, or it is too old; ask for a new one."));
        group.MapGet("/logs/{app}", LogAsync);
        group.MapGet("/releases/{release}", ReleaseAsync);
        group.MapGet("/builds/{build}", Build);
    }

    private async Task<IResult> LogAsync(HttpContext context, string app, int? lines, bool? tail, string? dyno, string? source)
    {
        if (!ids.TryRead(ResourceKind.App, app, out var number, out _) || database.Read(db => AppTable.Find(db, number)) is null)
        {
            return Gone();
        }

        var log = logs.Of(number);
        var wanted = new LogFilter(dyno, source);
        var seen = context.Request.Headers["Last-Event-ID"].ToString();
        var stream = tail != true ? Past(seen.Length > 0 ? log.After(seen, wanted.Matches) : log.Last(lines ?? 0, wanted.Matches))
            : seen.Length > 0 ? log.FollowAfterAsync(seen, wanted.Matches, context.RequestAborted)
            : log.FollowAsync(lines ?? 0, wanted.Matches, context.RequestAborted);
        await EventStream.WriteAsync(context, stream, ends: tail != true, time);
        return Results.Empty;
    }

    private static async IAsyncEnumerable<string> Past(IEnumerable<string> lines)
    {
        await Task.CompletedTask;
        foreach (var line in lines)
        {
            yield return line;
        }
    }

    // The lines of a release phase are those of its one-off dyno.
    private async Task<IResult> ReleaseAsync(HttpContext context, string release)
    {
        if (!ids.TryRead(ResourceKind.Release, release, out var app, out var number)
            || database.Read(db => ReleaseList.Find(db, app, number)) is not { HasReleasePhase: true } found)
        {
            return Gone();
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.StartAsync(context.RequestAborted);
        await foreach (var line in PhaseAsync(app, found, context.RequestAborted))
        {
            await context.Response.WriteAsync($"{LogLine.Parse(line).Text}\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        return Results.Empty;
    }

    private async IAsyncEnumerable<string> PhaseAsync(long app, ListedRelease release, [EnumeratorCancellation] CancellationToken ct)
    {
        var wanted = new LogFilter($"{Release.ReleasePhase}.{release.Deployment}", "app");
        string? seen = null;
        while (true)
        {
            // What is written before the step ends is in the log when it has ended.
            var changed = changes.Changed(app);
            var runs = database.Read(db => DeploymentTable.Find(db, release.Deployment)) is { Step: DeploymentStep.Preparing };
            foreach (var line in seen is null ? logs.Of(app).Last(LogSessionEndpoints.MostLines, wanted.Matches) : logs.Of(app).After(seen, wanted.Matches))
            {
                seen = LogLine.Parse(line).Time.ToString();
                yield return line;
            }

            if (!runs)
            {
                yield break;
            }

            await Task.WhenAny(changed, Task.Delay(TimeSpan.FromMilliseconds(300), time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    private IResult Build(HttpContext context, string build) =>
        ids.TryRead(ResourceKind.Build, build, out var number, out _)
        && database.Read(db => BuildTable.AppOf(db, number) is { } owner && AppTable.Find(db, owner) is { } app ? (app, BuildTable.Find(db, owner, number)!) : default)
            is ({ } of, { } found)
            ? builds.Output(context, of, found)
            : Gone();

    private static IResult Gone() => ApiResults.NotFound("What this address led to is gone.");
}
