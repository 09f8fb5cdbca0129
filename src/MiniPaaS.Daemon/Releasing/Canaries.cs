using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// What can be done to a release that only a part of the visitors gets: change the part, make the release live, give it up.
/// Each takes the app's turn, which the deployment itself has given up.
/// </summary>
internal sealed class Canaries(
    Database database, AppQueue queue, Deployer deployer, DeploymentRunner runner, Reconciler reconciler, LogBook logs, TimeProvider time)
{
    /// <summary>What is said to whoever wants something of a canary that is not there.</summary>
    public const string None = "No canary of this app is under way; `paas canary:on 10` makes one of every new release.";

    private static readonly TimeSpan RouterPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many of a hundred visitors a deployment begins with before its flip; 0 for all of them: no share is set, or there is
    /// nothing to compare the release with.
    /// </summary>
    public static int PercentFor(SqliteConnection db, Deployment deployment)
    {
        var isRestart = DeploymentTable.OfRelease(db, deployment.AppId, deployment.Release)?.Id != deployment.Id;
        var live = AppTable.Find(db, deployment.AppId)?.LiveRelease;
        return !isRestart && HasWeb(db, deployment.AppId, live) && HasWeb(db, deployment.AppId, deployment.Release)
            && AppTable.Formation(db, deployment.AppId).Of(Formation.Web) > 0
                ? TrafficTable.Find(db, deployment.AppId).NumberOf(RoutingRule.Canary)
                : 0;
    }

    /// <summary>Why not all dynos of a canary serve, or null when they do.</summary>
    public static string? Problem(AppRows rows, AppDynos dynos, DateTimeOffset now)
    {
        var missing = Missing(rows, dynos);
        return missing.IsEmpty ? null
            : dynos.Failure(rows.Canary!.Deployment)?.Reason
            ?? missing.Select(slot => dynos.PausedCrash(slot, now) is { } crash ? $"{slot.Name} {crash.Reason} and is started again with growing pauses." : null)
                .FirstOrDefault(reason => reason is not null)
            ?? $"{string.Join(", ", missing.Select(slot => slot.Name))} is starting.";
    }

    /// <summary>Changes how many of a hundred visitors get it; in force on every router when this returns true.</summary>
    /// <returns>Why it could not be done, or null; and whether it is in force.</returns>
    public async Task<(string? Error, bool InForce)> SetPercentAsync(long appId, int percent, CancellationToken ct)
    {
        using (await queue.EnterAsync(appId, ct))
        {
            var canary = await database.WriteAsync(
                db =>
                {
                    var open = CanaryTable.Open(db, appId);
                    if (open is not null)
                    {
                        CanaryTable.SetPercent(db, open.Deployment, percent);
                    }

                    return open;
                },
                ct);
            if (canary is null)
            {
                return (None, false);
            }

            logs.Platform(appId, "api", $"{percent} % of the visitors get v{canary.Release}");
        }

        return (null, await reconciler.InForceAsync(appId, RouterPatience, ct));
    }

    /// <summary>Commits the flip to the canary; the routers are told by work that goes on after this returns.</summary>
    /// <returns>Why it could not be done, or null; and its release.</returns>
    public async Task<(string? Error, int Release)> PromoteAsync(long appId, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (database.Read(db => AppRows.Read(db, appId)) is not { Canary: { } canary, Open: { } open } rows)
            {
                return (None, 0);
            }

            if (Problem(rows, reconciler.DynosOf(appId), time.GetUtcNow()) is { } problem)
            {
                return ($"v{canary.Release} cannot be promoted: {problem} Wait until all its dynos are up (`paas canary`), or give it up with `paas canary:abort`.", 0);
            }

            var flipped = await database.WriteAsync(
                db =>
                {
                    DeploymentTable.Flip(db, open);
                    return DeploymentTable.Find(db, open.Id)!;
                },
                ct);
            runner.Continue(flipped, Interlocked.Exchange(ref turn, null)!);
            return (null, canary.Release);
        }
        finally
        {
            turn?.Dispose();
        }
    }

    /// <summary>Gives the canary up: its visitors get the live release again, its dynos and slug go.</summary>
    /// <returns>Why it could not be done, or null; and its release, and whether no router sends it visitors any more.</returns>
    public async Task<(string? Error, int Release, bool InForce)> AbortAsync(long appId, string user, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (database.Read(db => DeploymentTable.Open(db, appId)) is not { Step: DeploymentStep.Canary } open)
            {
                return (None, 0, false);
            }

            var failed = await deployer.FailAsync(open, $"The canary was given up by {user}.", ct);
            runner.CleanUp(failed, Interlocked.Exchange(ref turn, null)!);
            return (null, open.Release, await reconciler.InForceAsync(appId, RouterPatience, ct));
        }
        finally
        {
            turn?.Dispose();
        }
    }

    private static ImmutableArray<DynoSlot> Missing(AppRows rows, AppDynos dynos)
    {
        var up = dynos.Observed.Where(dynos.IsUp).Select(d => d.Slot).ToHashSet();
        return [.. Desired.Of(rows).Select(d => d.Slot).Where(slot => slot.Deployment == rows.Canary!.Deployment && !up.Contains(slot))];
    }

    private static bool HasWeb(SqliteConnection db, long appId, int? release) =>
        release is { } number && ReleaseTable.Find(db, appId, number)?.Slug?.ProcessTypes.ContainsKey(Formation.Web) == true;
}
