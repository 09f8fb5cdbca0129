using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Carries deployments out in the app's turn, whatever becomes of whoever asked for them. A canary ends the turn: it may wait
/// for days, and nothing has to run for it meanwhile.
/// </summary>
internal sealed partial class DeploymentRunner(
    Database database,
    AppQueue queue,
    Deployer deployer,
    Reconciler reconciler,
    SlugCollector collector,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<DeploymentRunner> log)
{
    // An image can be collected when its last container is gone; one that takes longer is collected at a later time.
    private static readonly TimeSpan PatienceWithDynos = TimeSpan.FromSeconds(5);

    /// <summary>Takes up the deployments that the last daemon left open, and is there until cancelled.</summary>
    public async Task ResumeAsync(CancellationToken ct)
    {
        foreach (var deployment in database.Read(DeploymentTable.AllOpen).Where(open => open.Step != DeploymentStep.Canary))
        {
            LogResumed(deployment.Id, deployment.Step);
            Continue(deployment, await queue.EnterAsync(deployment.AppId, ct));
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
    }

    /// <summary>Goes on with a deployment in the background: from here the daemon owns it, and the app's turn until it has ended.</summary>
    public void Continue(Deployment deployment, IDisposable turn) =>
        _ = InTurnAsync(deployment.Id, turn, () => RunAsync(deployment, _ => { }));

    /// <summary>Removes in the background what a deployment that failed leaves behind, then gives the app's turn up.</summary>
    public void CleanUp(Deployment failed, IDisposable turn) => _ = InTurnAsync(failed.Id, turn, () => CleanUpAsync(failed));

    /// <summary>Runs a deployment until it has ended or waits as a canary; null when the daemon stops before that.</summary>
    /// <remarks>The caller holds the app's turn.</remarks>
    public async Task<Deployment?> RunAsync(Deployment deployment, Action<string> say)
    {
        try
        {
            var ended = await deployer.RunAsync(deployment, say, lifetime.ApplicationStopping);
            reconciler.Wake(deployment.AppId);
            if (ended.Step == DeploymentStep.Failed)
            {
                await CleanUpAsync(ended);
            }

            return ended;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return null; // the next daemon goes on from the journal
        }
    }

    private async Task CleanUpAsync(Deployment failed)
    {
        await reconciler.GoneAsync(failed.AppId, failed.Id, PatienceWithDynos, lifetime.ApplicationStopping);
        await collector.CollectAsync(failed.AppId, lifetime.ApplicationStopping);
    }

    private async Task InTurnAsync(long deployment, IDisposable turn, Func<Task> work)
    {
        try
        {
            using (turn)
            {
                await work();
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // what is left is found again at the next start
        }
        catch (Exception e)
        {
            LogBroke(e, deployment);
        }
    }

    [LoggerMessage(402, LogLevel.Information, "Going on with deployment {Id}, left at {Step}")]
    private partial void LogResumed(long id, DeploymentStep step);

    [LoggerMessage(403, LogLevel.Error, "Deployment {Id} broke off")]
    private partial void LogBroke(Exception e, long id);
}
