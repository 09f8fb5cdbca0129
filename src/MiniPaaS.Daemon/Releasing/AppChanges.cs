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
internal sealed class AppChanges(
    Database database,
    AppQueue queue,
    ReleaseBook releases,
    DeploymentRunner runner,
    Reconciler reconciler,
    SlugCollector collector,
    RouterLink routers,
    LogBook logs,
    Settings settings,
    TimeProvider time)
{
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

    /// <summary>A release of a slug: live, a canary or failed when this returns; null when the daemon stops before that.</summary>
    /// <remarks>The caller holds the app's turn, and has found no canary open.</remarks>
    public async Task<Deployment?> DeployAsync(
        long appId, Slug slug, SlugOrigin origin, string user, Action<string> say, CancellationToken ct)
    {
        var (release, deployment) = await releases.DeployAsync(appId, slug, origin, user, ct);
        say($"Release {release.Version} made of slug {slug.ShortId}");
        return await runner.RunAsync(deployment, say);
    }

    /// <summary>Why no release can be made of the app now, or null: a canary waits for a word.</summary>
    public string? Refusal(long appId) => database.Read(db => CanaryTable.Open(db, appId)) is { } canary
        ? $"v{canary.Release} of this app is a canary. Make it live with `paas canary:promote`, or give it up with `paas canary:abort`; then try again."
        : null;

    /// <summary>
    /// The release (null when nothing changed), on its way live when this returns, and the config vars it has; or why there is none.
    /// </summary>
    public async Task<(Release? Release, ConfigVars Vars, string? Error)> ConfigureAsync(
        long appId, IReadOnlyDictionary<string, string?> changes, string user, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (Refusal(appId) is { } refusal)
            {
                return (null, ConfigVars.Empty, refusal);
            }

            if (await releases.ConfigureAsync(appId, changes, user, ct) is not { } made)
            {
                return (null, database.Read(db => ReleaseBook.ConfigVarsOf(db, appId)), null);
            }

            runner.Continue(made.Deployment, Interlocked.Exchange(ref turn, null)!);
            return (made.Release, made.Release.ConfigVars, null);
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
            if (Refusal(appId) is { } refusal)
            {
                return (null, refusal);
            }

            var (release, deployment, error) = await releases.RollBackAsync(appId, number, user, ct);
            if (deployment is not null)
            {
                runner.Continue(deployment, Interlocked.Exchange(ref turn, null)!);
            }

            return (release, error);
        }
        finally
        {
            turn?.Dispose();
        }
    }

    /// <summary>Changes how many dynos of some process types are wanted; differences count from what is wanted at that moment.</summary>
    public async Task ScaleAsync(long appId, ImmutableArray<Scaling> changes, CancellationToken ct)
    {
        var quantities = await database.WriteAsync(
            db =>
            {
                foreach (var change in changes)
                {
                    AppTable.Scale(db, appId, change.ProcessType, change.From(AppTable.Formation(db, appId).Of(change.ProcessType)));
                }

                return AppTable.Formation(db, appId);
            },
            ct);
        logs.Platform(appId, "api", $"Scaled to {string.Join(" ", changes.Select(c => c.ProcessType).Distinct().Select(type => $"{type}={quantities.Of(type)}"))}");
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

            if (Refusal(appId) is { } refusal)
            {
                return refusal;
            }

            if (await releases.RestartAsync(appId, ct) is not { } deployment)
            {
                return "The app has no live release to restart; push it first.";
            }

            runner.Continue(deployment, Interlocked.Exchange(ref turn, null)!);
            return null;
        }
        finally
        {
            turn?.Dispose();
        }
    }
}
