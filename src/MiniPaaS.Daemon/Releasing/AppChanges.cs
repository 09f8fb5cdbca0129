using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Everything a user can do to an app: one change at a time per app, committed first, then carried out by work that no
/// longer depends on whoever asked.
/// </summary>
internal sealed partial class AppChanges(
    Database database,
    AppQueue queue,
    ReleaseBook releases,
    Deployer deployer,
    Reconciler reconciler,
    SlugCollector collector,
    RouterLink routers,
    LogBook logs,
    Settings settings,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<AppChanges> log)
{
    // An image can be collected when its last container is gone; one that takes longer is collected at a later time.
    private static readonly TimeSpan PatienceWithDynos = TimeSpan.FromSeconds(5);

    /// <summary>Completes when something about the app changes.</summary>
    public Task Changed(long appId) => reconciler.DynosOf(appId).Changed;

    /// <summary>Null when the name is taken.</summary>
    public async Task<App?> CreateAsync(AppName name, string? stack, CancellationToken ct)
    {
        var app = await database.WriteAsync(db => AppTable.Insert(db, name, stack, $"{name}.{settings.Domain}", time.GetUtcNow()), ct);
        if (app is not null)
        {
            reconciler.Wake(app.Id);
        }

        return app;
    }

    /// <summary>Takes the app off the routers, then its dynos and logs away.</summary>
    public async Task DestroyAsync(long appId, CancellationToken ct)
    {
        using var turn = await queue.EnterAsync(appId, ct);
        if (database.Read(db => AppTable.Find(db, appId)) is not { } app)
        {
            return;
        }

        await database.WriteAsync(db => AppTable.Delete(db, appId), ct);
        await routers.RemoveAsync(app.Name, CancellationToken.None);
        await reconciler.ForgetAsync(appId, CancellationToken.None);
        await collector.CollectAsync(appId, CancellationToken.None);
        logs.Delete(appId);
    }

    /// <summary>A release of a new slug, live or failed when this returns; null when the daemon stops before that.</summary>
    /// <remarks>The caller holds the app's turn.</remarks>
    public async Task<Deployment?> DeployAsync(long appId, Slug slug, string user, Action<string> say, CancellationToken ct)
    {
        var (release, deployment) = await releases.DeployAsync(appId, slug, user, ct);
        say($"Release {release.Version} made of slug {slug.ShortId}");
        try
        {
            return await RunAsync(deployment, say);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The release (null when nothing changed), on its way live when this returns, and the config vars it has.</summary>
    public async Task<(Release? Release, ConfigVars Vars)> ConfigureAsync(
        long appId, IReadOnlyDictionary<string, string?> changes, string user, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (await releases.ConfigureAsync(appId, changes, user, ct) is not { } made)
            {
                return (null, database.Read(db => ReleaseBook.ConfigVarsOf(db, appId)));
            }

            Continue(made.Deployment, Interlocked.Exchange(ref turn, null)!);
            return (made.Release, made.Release.ConfigVars);
        }
        finally
        {
            turn?.Dispose();
        }
    }

    /// <summary>The new release, on its way live when this returns; or why there is none.</summary>
    public async Task<(Release? Release, string? Error)> RollBackAsync(long appId, int? number, string user, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            var (release, deployment, error) = await releases.RollBackAsync(appId, number, user, ct);
            if (deployment is not null)
            {
                Continue(deployment, Interlocked.Exchange(ref turn, null)!);
            }

            return (release, error);
        }
        finally
        {
            turn?.Dispose();
        }
    }

    public async Task ScaleAsync(long appId, ImmutableArray<(string Type, int Quantity)> quantities, CancellationToken ct)
    {
        await database.WriteAsync(
            db =>
            {
                foreach (var (type, quantity) in quantities)
                {
                    AppTable.Scale(db, appId, type, quantity);
                }
            },
            ct);
        logs.Platform(appId, "api", $"Scaled to {string.Join(" ", quantities.Select(q => $"{q.Type}={q.Quantity}"))}");
        reconciler.Wake(appId);
    }

    /// <summary>
    /// Replaces dynos by fresh ones; null for all. Web dynos are replaced as in a deployment, the new ones first, so that no
    /// request is lost; other dynos are stopped and started.
    /// </summary>
    /// <returns>Why it could not be done, or null.</returns>
    public async Task<string?> RestartAsync(long appId, ImmutableArray<Dyno>? dynos, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (dynos is { } some && some.All(d => !d.IsWeb))
            {
                foreach (var dyno in some)
                {
                    reconciler.Replace(dyno);
                }

                return null;
            }

            if (await releases.RestartAsync(appId, ct) is not { } deployment)
            {
                return "The app has no live release to restart; push it first.";
            }

            Continue(deployment, Interlocked.Exchange(ref turn, null)!);
            return null;
        }
        finally
        {
            turn?.Dispose();
        }
    }

    /// <summary>Takes up the deployments that the last daemon left open, and is there until cancelled.</summary>
    public async Task ResumeAsync(CancellationToken ct)
    {
        foreach (var deployment in database.Read(DeploymentTable.AllOpen))
        {
            LogResumed(deployment.Id, deployment.Step);
            Continue(deployment, await queue.EnterAsync(deployment.AppId, ct));
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
    }

    // From here the daemon owns the deployment: it holds the app's turn until it is finished.
    private void Continue(Deployment deployment, IDisposable turn) => _ = ContinueAsync(deployment, turn);

    private async Task ContinueAsync(Deployment deployment, IDisposable turn)
    {
        try
        {
            using (turn)
            {
                await RunAsync(deployment, _ => { });
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // the next daemon goes on from the journal
        }
        catch (Exception e)
        {
            LogDeploymentBroke(e, deployment.Id);
        }
    }

    private async Task<Deployment> RunAsync(Deployment deployment, Action<string> say)
    {
        var finished = await deployer.RunAsync(deployment, say, lifetime.ApplicationStopping);
        reconciler.Wake(deployment.AppId);
        if (!finished.Succeeded)
        {
            await reconciler.GoneAsync(deployment.AppId, deployment.Id, PatienceWithDynos, lifetime.ApplicationStopping);
            await collector.CollectAsync(deployment.AppId, lifetime.ApplicationStopping);
        }

        return finished;
    }

    [LoggerMessage(402, LogLevel.Information, "Going on with deployment {Id}, left at {Step}")]
    private partial void LogResumed(long id, DeploymentStep step);

    [LoggerMessage(403, LogLevel.Error, "Deployment {Id} broke off")]
    private partial void LogDeploymentBroke(Exception e, long id);
}
