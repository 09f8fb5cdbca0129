using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>Releases a slug that no push made, through the same gate as one that was pushed.</summary>
internal sealed class SlugRelease(AppQueue queue, AppChanges changes, ReleaseBook releases, DeploymentRunner runner, SlugCollector collector)
{
    /// <summary>Makes the slug in the app's turn and releases it; the release is on its way live when this returns.</summary>
    /// <param name="appId">App to release to.</param>
    /// <param name="user">Who asked for it.</param>
    /// <param name="make">Makes the slug.</param>
    /// <param name="ct">Gives it up before the release is written.</param>
    /// <exception cref="SlugException">The app takes no release now.</exception>
    public async Task<Release> MakeAsync(
        long appId, string user, Func<CancellationToken, Task<(Slug Slug, SlugOrigin Origin)>> make, CancellationToken ct)
    {
        var turn = await queue.EnterAsync(appId, ct);
        try
        {
            if (changes.Refusal(appId) is { } refusal)
            {
                throw new SlugException(refusal);
            }

            var (slug, origin) = await make(ct);
            var (release, deployment) = await ReleaseAsync(appId, slug, origin, user, ct);
            runner.Continue(deployment, Interlocked.Exchange(ref turn, null)!);
            return release;
        }
        finally
        {
            turn?.Dispose();
        }
    }

    private async Task<(Release Release, Deployment Deployment)> ReleaseAsync(
        long appId, Slug slug, SlugOrigin origin, string user, CancellationToken ct)
    {
        try
        {
            return await releases.DeployAsync(appId, slug, origin, user, ct);
        }
        catch
        {
            // Its image has no release that would keep it.
            await collector.CollectAsync(appId, CancellationToken.None);
            throw;
        }
    }
}
