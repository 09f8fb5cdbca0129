using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Makes slugs of images that were built elsewhere.</summary>
internal sealed class ImageBuild(
    Database database, DockerClient docker, ImageSource images, ContainerImage containers, Attester attester, Settings settings, BuildLimits limits, TimeProvider time)
{
    private const string SlugLabel = "minipaas.slug";

    /// <summary>Makes the slug in the app's turn; null when there can be none, of which the user has been told.</summary>
    /// <param name="app">App that it is for.</param>
    /// <param name="deploy">What is deployed.</param>
    /// <param name="archive">The image as a file; null when it is named.</param>
    /// <param name="build">The build.</param>
    /// <param name="output">Shown as it is written.</param>
    /// <exception cref="OperationCanceledException">Somebody ended it, or the user left.</exception>
    public async Task<BuiltSlug?> MakeAsync(App app, Deploy deploy, ImageArchive? archive, RunningBuild build, PushOutput output)
    {
        await using var log = BuildLog.Open(settings, build.Id, SecretMask.None, output.WriteLineAsync);
        using var limit = new CancellationTokenSource(limits.Time, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(build.Canceled, limit.Token);
        BuiltSlug? built = null;
        string? error = null;
        try
        {
            built = await MakeAsync(app, deploy, archive, build.Id, log, ended.Token);
        }
        catch (BuildRejectedException e)
        {
            error = e.Message;
            foreach (var line in e.Lines)
            {
                await log.ErrorAsync(line);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !build.Canceled.IsCancellationRequested)
        {
            await log.ErrorAsync(error = $"The image was not here within {limits.Time.TotalMinutes:0} minutes.");
        }

        build.Complete();
        await database.WriteAsync(db => BuildTable.Finish(db, build.Id, built is null ? "failed" : "succeeded", error, time.GetUtcNow()), CancellationToken.None);
        return built;
    }

    private async Task<BuiltSlug> MakeAsync(App app, Deploy deploy, ImageArchive? archive, long buildId, BuildLog log, CancellationToken ct)
    {
        var (start, startedAt) = (time.GetTimestamp(), time.GetUtcNow());
        var provisional = SlugImage.ProvisionalName($"{settings.Namespace}/{app.Name}");
        try
        {
            var name = deploy.Image ?? "image archive";
            var source = archive is null ? await images.FindAsync(name, log, ct) : await LoadAsync(archive, provisional, log, ct);
            await log.StepAsync($"Using {name}");
            await log.DetailAsync($"{source.Id} ({source.Os}/{source.Architecture}, {ByteSize.Format(source.Size)}), made {source.Created.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
            await log.StepAsync("Discovering process types");
            var types = ContainerImage.ProcessTypes(source.Config, deploy.Processes);
            foreach (var (type, command) in types)
            {
                await log.DetailAsync($"{type} -> {command}");
            }

            var slug = await containers.MakeAsync(app.Id, app.Name, source, new Buildpack("Image", name, Url: null, Commit: null, source.Id), types, commit: "", ct);
            var step = new BuildStep("image", time.GetElapsedTime(start));
            var attesting = time.GetTimestamp();
            var origin = new SlugOrigin($"Deploy {name} ({source.Id["sha256:".Length..][..12]})")
            {
                Attestation = await attester.ImportAsync(app, slug, source.RepoDigests, source.Created, $"builds/{buildId}", startedAt, ct),
            };
            return new BuiltSlug(slug, origin, [step, new BuildStep("attest", time.GetElapsedTime(attesting))]);
        }
        finally
        {
            await docker.RemoveImageAsync(provisional, CancellationToken.None);
        }
    }

    private async Task<ImageDetails> LoadAsync(ImageArchive archive, string name, BuildLog log, CancellationToken ct)
    {
        await log.StepAsync("Loading the image");
        try
        {
            await docker.LoadImageAsync((target, token) => archive.WriteAsync(target, name, token), ct);
        }
        catch (DockerException e)
        {
            throw new BuildRejectedException($"The Docker Engine does not take the image: {e.Message}", "The Docker Engine does not take the image:", e.Message);
        }

        var image = await docker.InspectImageAsync(name, ct) ?? throw new BuildRejectedException("There is no image in the archive.", "There is no image in the archive.");
        return image.Config.Labels.ContainsKey(SlugLabel)
            ? throw new BuildRejectedException(
                "The archive is an exported slug.", "The archive is a slug that was exported; it runs on this server's own stack by: paas slugs:import FILE")
            : image;
    }
}

/// <summary>Deploys images that were built elsewhere: they become slugs, and go the way of every push from there.</summary>
internal sealed class ImageDeployment(Push pushes, ImageBuild builds)
{
    /// <summary>Deploys an image; true when it is released.</summary>
    /// <param name="deploy">What it is.</param>
    /// <param name="archive">The image as a file; null when it is named.</param>
    /// <param name="output">Shown as it is written.</param>
    /// <param name="ct">Gives up what is not released yet.</param>
    public Task<bool> DeployAsync(Deploy deploy, ImageArchive? archive, PushOutput output, CancellationToken ct)
    {
        var push = deploy.ToPush(new ObjectDirectories("", Quarantine: null), turn => turn.Dispose()) with
        {
            Make = (rows, build, said) => builds.MakeAsync(rows.App, deploy, archive, build, said),
        };
        return pushes.DeployAsync(push, commit: "", output, ct);
    }
}
