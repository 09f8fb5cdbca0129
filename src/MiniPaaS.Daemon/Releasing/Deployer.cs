using System.Diagnostics;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Walks a deployment through the journal. A step changes what is desired, commits that, and waits for the world to agree;
/// so after a crash the same walk goes on from the row, with no code of its own for recovery.
/// </summary>
internal sealed partial class Deployer(
    Database database,
    Reconciler reconciler,
    ReleasePhase releasePhase,
    ProvenancePolicy provenance,
    DeploymentFigures figures,
    LogBook logs,
    TimeProvider time,
    ILogger<Deployer> log)
{
    private static readonly TimeSpan RouterPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs the deployment to its end, or to where it waits as a canary, whatever happens to whoever asked for it; progress goes to
    /// <paramref name="say"/>.
    /// </summary>
    public async Task<Deployment> RunAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        while (deployment.FinishedAt is null && deployment.Step != DeploymentStep.Canary)
        {
            try
            {
                deployment = await StepAsync(deployment, say, ct);
            }
            catch (Exception e) when (deployment.Step < DeploymentStep.Flipping && !ct.IsCancellationRequested)
            {
                // Left open, it would keep every later change of the app out.
                LogBroke(deployment.Id, e is Docker.DockerException ? e.Message : e.ToString());
                deployment = await FailAsync(deployment, $"The platform could not carry it out: {e.Message}", ct);
            }
        }

        return deployment;
    }

    private Task<Deployment> StepAsync(Deployment deployment, Action<string> say, CancellationToken ct) => deployment.Step switch
    {
        DeploymentStep.Preparing => PrepareAsync(deployment, say, ct),
        DeploymentStep.Starting => StartAsync(deployment, say, ct),
        DeploymentStep.Flipping => FlipAsync(deployment, say, ct),
        _ => throw new UnreachableException($"An open deployment cannot be {deployment.Step}."),
    };

    private async Task<Deployment> PrepareAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        var release = database.Read(db => ReleaseTable.Find(db, deployment.AppId, deployment.Release))!;
        if (provenance.Refusal(release) is { } refusal)
        {
            return await FailAsync(deployment, refusal, ct);
        }

        if (release.ReleaseCommand is { } command)
        {
            say("Running release command...");
            var status = await releasePhase.RunAsync(deployment, release, command, say, ct);
            if (status != 0)
            {
                return await FailAsync(deployment, $"The release command exited with status {status}.", ct);
            }
        }

        var longest = HealthGate.Longest(Checks(release)) + TimeSpan.FromSeconds(15);
        return await database.WriteAsync(
            db =>
            {
                DeploymentTable.SetStep(db, deployment.Id, DeploymentStep.Starting, time.GetUtcNow() + longest);
                return DeploymentTable.Find(db, deployment.Id)!;
            },
            ct);
    }

    private async Task<Deployment> StartAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        var dynos = reconciler.DynosOf(deployment.AppId);
        reconciler.Wake(deployment.AppId);
        var announced = new HashSet<string>();
        while (true)
        {
            var changed = dynos.Changed;
            var wanted = WantedWebDynos(deployment);
            var up = dynos.Observed.Where(d => d.Slot.Deployment == deployment.Id && dynos.IsUp(d)).ToArray();
            foreach (var dyno in up.Where(d => announced.Add(d.Slot.Name)))
            {
                say($"{dyno.Slot.Name} is up");
            }

            if (up.Length >= wanted)
            {
                return await CommitAsync(deployment, say, ct);
            }

            if (dynos.Failure(deployment.Id) is { } failure)
            {
                foreach (var line in failure.LastLines)
                {
                    say($"  {line}");
                }

                return await FailAsync(deployment, failure.Reason, ct);
            }

            var left = deployment.Deadline!.Value - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                return await FailAsync(deployment, $"Only {up.Length} of {wanted} web dynos came up in time.", ct);
            }

            await Task.WhenAny(changed, Task.Delay(left, time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    // 1. The release gets all visitors, or a part of them. 2. Of a flip the next step speaks; a canary is spoken of here.
    private async Task<Deployment> CommitAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        // Looked at again: what was to be trusted when the deployment began may not be any more.
        if (database.Read(db => ReleaseTable.Find(db, deployment.AppId, deployment.Release)) is { } release && provenance.Refusal(release) is { } refusal)
        {
            return await FailAsync(deployment, refusal, ct);
        }

        var committed = await database.WriteAsync(
            db =>
            {
                if (Canaries.PercentFor(db, deployment) is var percent and > 0)
                {
                    CanaryTable.Insert(db, deployment.Id, percent);
                }
                else
                {
                    DeploymentTable.Flip(db, deployment);
                }

                return DeploymentTable.Find(db, deployment.Id)!;
            },
            ct);
        if (committed.Step == DeploymentStep.Canary)
        {
            var (live, canary) = database.Read(db => (AppTable.Find(db, deployment.AppId)?.LiveRelease, CanaryTable.Open(db, deployment.AppId)));
            var line = $"v{deployment.Release} is a canary: {canary?.Percent} % of the visitors get it, the others v{live}";
            logs.Platform(deployment.AppId, "api", line);
            if (!await reconciler.InForceAsync(deployment.AppId, RouterPatience, ct))
            {
                LogNoRouter(deployment.Id);
                line += " (once a router has acknowledged it)";
            }

            figures.Took(time.GetUtcNow() - deployment.StartedAt);
            say(line);
        }

        return committed;
    }

    // From the commit on there is only forward: routers that are away are told when they are back.
    private async Task<Deployment> FlipAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        var dynos = reconciler.DynosOf(deployment.AppId);
        reconciler.Wake(deployment.AppId);
        while (true)
        {
            var changed = dynos.Changed;
            if (dynos.Routed == deployment.Id)
            {
                say($"Traffic moved to v{deployment.Release} in {time.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
                break;
            }

            var left = RouterPatience - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                LogNoRouter(deployment.Id);
                say("No router has acknowledged the new release yet; it gets traffic as soon as a router is back (see `paas-router`'s log).");
                break;
            }

            await Task.WhenAny(changed, Task.Delay(left, time, ct));
            ct.ThrowIfCancellationRequested();
        }

        logs.Platform(deployment.AppId, "api", $"Release v{deployment.Release} is live");
        return await FinishAsync(deployment, DeploymentStep.Done, error: null, ct);
    }

    /// <summary>Gives a deployment up before its flip: what was live stays so.</summary>
    public async Task<Deployment> FailAsync(Deployment deployment, string reason, CancellationToken ct)
    {
        logs.Platform(deployment.AppId, "api", $"Release v{deployment.Release} failed: {reason}");
        var finished = await FinishAsync(deployment, DeploymentStep.Failed, reason, ct);
        reconciler.Wake(deployment.AppId);
        return finished;
    }

    private async Task<Deployment> FinishAsync(Deployment deployment, DeploymentStep step, string? error, CancellationToken ct)
    {
        var (finished, wasCanary) = await database.WriteAsync(
            db =>
            {
                DeploymentTable.Finish(db, deployment.Id, step, error, time.GetUtcNow());
                return (DeploymentTable.Find(db, deployment.Id)!, CanaryTable.Has(db, deployment.Id));
            },
            ct);
        figures.Ended(finished, wasCanary ? null : finished.FinishedAt - finished.StartedAt);
        return finished;
    }

    private int WantedWebDynos(Deployment deployment) => database.Read(db =>
    {
        var rows = AppRows.Read(db, deployment.AppId)
            ?? throw new InvalidOperationException("The app was destroyed while it was being deployed.");
        return Desired.Of(rows).Count(d => d.Slot.Deployment == deployment.Id);
    });

    private static System.Collections.Immutable.ImmutableArray<HealthCheck> Checks(Release release)
    {
        try
        {
            return HealthChecks.Parse(release.Slug?.Healthchecks);
        }
        catch (FormatException)
        {
            return []; // the gate says what is wrong with them
        }
    }

    [LoggerMessage(405, LogLevel.Warning, "Deployment {Id} broke off before its flip and is given up: {Reason}")]
    private partial void LogBroke(long id, string reason);

    [LoggerMessage(401, LogLevel.Warning, "Deployment {Id} gets visitors by the journal, but no router has acknowledged it")]
    private partial void LogNoRouter(long id);
}
