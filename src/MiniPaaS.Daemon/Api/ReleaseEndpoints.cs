using System.Collections.Immutable;
using System.Security.Claims;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/releases</c> and <c>/config-vars</c>: whatever makes a release.</summary>
internal static class ReleaseEndpoints
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public static void MapReleases(this WebApplication app, Database database, AppChanges changes, TimeProvider time)
    {
        app.MapGet("/apps/{name}/config-vars", (string name) => OfApp(database, name, found =>
            Results.Json(
                database.Read(db => ReleaseBook.ConfigVarsOf(db, found.Id)).Reveal(), ProtocolJson.Default.ImmutableSortedDictionaryStringString)));
        app.MapPatch("/apps/{name}/config-vars", (string name, Dictionary<string, string?> vars, ClaimsPrincipal user, CancellationToken ct) =>
            ConfigureAsync(database, changes, name, vars, user, ct));
        app.MapGet("/apps/{name}/releases", (string name) => OfApp(database, name, found =>
            Results.Json(database.Read(db => Releases(db, found)), ProtocolJson.Default.ImmutableArrayReleaseInfo)));
        app.MapGet("/apps/{name}/releases/{number:int}", (string name, int number) => OfApp(database, name, found =>
            database.Read(db => Releases(db, found)).FirstOrDefault(r => r.Version == number) is { } release
                ? Results.Json(release, ProtocolJson.Default.ReleaseInfo)
                : ApiResults.NotFound($"{name} has no release v{number}; `paas releases` lists them.")));
        app.MapPost("/apps/{name}/releases", (string name, Rollback rollback, ClaimsPrincipal user, CancellationToken ct) =>
            RollBackAsync(database, changes, name, rollback, user, ct));
        app.MapGet("/apps/{name}/releases/{number:int}/deployment", (string name, int number, double? wait, string? step, CancellationToken ct) =>
            FollowAsync(database, changes, time, name, number, TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWait.TotalSeconds)), step, ct));
    }

    private static IResult OfApp(Database database, string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private static async Task<IResult> ConfigureAsync(
        Database database, AppChanges changes, string name, Dictionary<string, string?> vars, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (vars.Select(v => ConfigVars.Reject(v.Key, v.Value)).FirstOrDefault(reason => reason is not null) is { } rejected)
        {
            return ApiResults.Invalid(rejected);
        }

        var (release, after, error) = await changes.ConfigureAsync(app.Id, vars, user.Identity!.Name!, ct);
        return error is not null ? ApiResults.Conflict(error) : Results.Json(new ConfigChange(after.Reveal(), release?.Number), ProtocolJson.Default.ConfigChange);
    }

    private static async Task<IResult> RollBackAsync(
        Database database, AppChanges changes, string name, Rollback rollback, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var (release, error) = await changes.RollBackAsync(app.Id, rollback.Release, user.Identity!.Name!, ct);
        return release is null
            ? ApiResults.Invalid(error!)
            : Results.Json(
                database.Read(db => Releases(db, app)).First(r => r.Version == release.Number),
                ProtocolJson.Default.ReleaseInfo,
                statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> FollowAsync(
        Database database, AppChanges changes, TimeProvider time, string name, int number, TimeSpan wait, string? seen, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var deadline = time.GetUtcNow() + wait;
        while (true)
        {
            var changed = changes.Changed(app.Id);
            if (database.Read(db => DeploymentTable.OfRelease(db, app.Id, number)) is not { } deployment)
            {
                return ApiResults.NotFound($"{name} has no release v{number}; `paas releases` lists them.");
            }

            var left = deadline - time.GetUtcNow();
            if (deployment.FinishedAt is not null || deployment.Step.ToString() != seen || left <= TimeSpan.Zero)
            {
                var seconds = ((deployment.FinishedAt ?? time.GetUtcNow()) - deployment.StartedAt).TotalSeconds;
                return Results.Json(
                    new DeploymentInfo(
                        number, deployment.Step.ToString(), deployment.FinishedAt is not null, deployment.Succeeded, deployment.Error, Math.Round(seconds, 3)),
                    ProtocolJson.Default.DeploymentInfo);
            }

            await Task.WhenAny(changed, Task.Delay(left, time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    private static ImmutableArray<ReleaseInfo> Releases(SqliteConnection db, App app)
    {
        var deployments = DeploymentTable.ByRelease(db, app.Id);
        return
        [
            .. ReleaseTable.All(db, app.Id).Select(release =>
            {
                var first = deployments[release.Number].FirstOrDefault();
                return new ReleaseInfo(
                    release.Number,
                    release.Description,
                    first is { Step: DeploymentStep.Canary } ? "canary" : first?.FinishedAt is null ? "pending" : first.Succeeded ? "succeeded" : "failed",
                    release.Number == app.LiveRelease,
                    release.Slug?.Commit,
                    release.Slug?.ShortId,
                    first?.Error,
                    release.CreatedAt);
            }),
        ];
    }
}
