using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>Turns source into slugs.</summary>
internal sealed class SlugBuilder(Settings settings, DockerClient docker, Builders builders, BuildLimits limits, TimeProvider time)
{
    /// <summary>Builds a slug; leaves nothing behind but it, the app's cache, its builder where that serves again, and the log.</summary>
    /// <param name="request">What to build.</param>
    /// <param name="log">Told everything the user should read.</param>
    /// <param name="ct">Gives the build up.</param>
    public async Task<BuildOutcome> BuildAsync(BuildRequest request, BuildLog log, CancellationToken ct)
    {
        var (built, rejection) = await RunAsync(request, log, (build, end) => build.RunAsync(end), ct);
        return built is null ? new BuildOutcome.Rejected(rejection!) : built;
    }

    /// <summary>Builds without making a slug: what was built is shown to somebody, then removed.</summary>
    /// <param name="request">What to build.</param>
    /// <param name="log">Told everything the user should read.</param>
    /// <param name="use">Looks at what was built.</param>
    /// <param name="ct">Gives the build up.</param>
    /// <returns>What <paramref name="use"/> made of it; or why the app cannot be built.</returns>
    public Task<(T? Value, string? Rejection)> RebuildAsync<T>(
        BuildRequest request, BuildLog log, Func<SlugParts, CancellationToken, Task<T>> use, CancellationToken ct)
        where T : class => RunAsync(request, log, (build, end) => build.RunAsync(use, end), ct);

    private async Task<(T? Value, string? Rejection)> RunAsync<T>(
        BuildRequest request, BuildLog log, Func<SlugBuild, CancellationToken, Task<T>> run, CancellationToken ct)
        where T : class
    {
        using var limit = new CancellationTokenSource(limits.Time, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        BuildRejectedException rejection;
        try
        {
            return (await run(new SlugBuild(request, log, settings, docker, builders, limits, time), ended.Token), null);
        }
        catch (BuildRejectedException e)
        {
            rejection = e;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            rejection = new BuildRejectedException(
                "The build timed out.", $"The build timed out; it must complete in {limits.Time.TotalSeconds:0} seconds.");
        }

        return (null, await rejection.TellAsync(log));
    }

    /// <summary>Removes what builds of an earlier life of the daemon left behind; called once at start, before the first build.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken ct)
    {
        foreach (var container in await docker.ListContainersAsync(BuildSpec.Labels(settings), ct))
        {
            await docker.RemoveContainerAsync(container.Id, ct);
        }

        foreach (var image in await docker.ListImagesAsync(SlugImage.Labels(settings), ct))
        {
            foreach (var tag in image.RepoTags.Where(SlugImage.IsProvisional))
            {
                await docker.RemoveImageAsync(tag, ct);
            }
        }

        await BuildDirectories.RemoveAsync(settings.Builds, ct);
        await PackShelf.RemoveLeftoversAsync(settings, ct);
    }

    /// <summary>Removes what builds of an app kept for the next one.</summary>
    public async Task RemoveCacheAsync(long appId, CancellationToken ct)
    {
        await builders.DropAsync(appId);
        foreach (var tag in (await docker.ListImagesAsync(DockerfileBuild.CacheLabels(settings, appId), ct)).SelectMany(image => image.RepoTags))
        {
            await docker.RemoveImageAsync(tag, ct);
        }

        await BuildDirectories.RemoveAsync(BuildDirectories.CacheOf(settings, appId), ct);
    }
}
