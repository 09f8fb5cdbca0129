using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>What a build from a Dockerfile is made from.</summary>
/// <param name="Yml">heroku.yml, or what holds without it.</param>
/// <param name="File">The Dockerfile.</param>
/// <param name="Images">The images that it uses, as they are now.</param>
internal sealed record ContainerPlan(HerokuYml Yml, Dockerfile File, ImmutableArray<ImageDetails> Images)
{
    /// <summary>Digest of the images.</summary>
    public string Digest => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Images.Select(image => image.Id)))));
}

/// <summary>One build from a Dockerfile by the engine's own builder, whose RUN instructions are as little trusted as a buildpack.</summary>
internal sealed class DockerfileBuild(BuildRequest request, BuildLog log, Settings settings, DockerClient docker, ImageSource images, BuildLimits limits)
{
    private const string Kind = "build-cache";
    private const int Killed = 137;

    private readonly BuildOutput output = new(log, limits.Output);

    private string Cache => $"{settings.Namespace}/{request.AppName}:{Kind}";

    /// <summary>Labels of the image that an app's next build takes unchanged instructions from.</summary>
    public static IReadOnlyList<string> CacheLabels(Settings settings, long appId) =>
        [$"minipaas.namespace={settings.Namespace}", $"minipaas.kind={Kind}", $"minipaas.app={appId}"];

    /// <summary>Reads what the tree says of its build, and fetches the images that it needs.</summary>
    /// <exception cref="BuildRejectedException">It says nothing, or what cannot be done.</exception>
    public async Task<ContainerPlan> PlanAsync(string directory, CancellationToken ct)
    {
        var tree = new UntrustedTree(directory);
        var yml = HerokuYml.Default;
        Dockerfile file;
        try
        {
            yml = tree.ReadText(HerokuYml.FileName, HerokuYml.MaxSize) is { } text ? Read(HerokuYml.FileName, () => HerokuYml.Parse(text)) : yml;
            var instructions = tree.ReadText(yml.Dockerfile, Dockerfile.MaxSize) ?? throw new BuildRejectedException(
                $"There is no {yml.Dockerfile}.",
                $"The stack of this app is container, but there is no {yml.Dockerfile} at the root of what was deployed.",
                "Add one; or have the app built by buildpacks: paas stack:set STACK (`paas stacks` lists them).");
            file = Read(yml.Dockerfile, () => Dockerfile.Parse(instructions, yml.Arguments));
        }
        catch (UntrustedFileException e)
        {
            throw new BuildRejectedException(e.Message, e.Message);
        }

        var found = ImmutableArray.CreateBuilder<ImageDetails>();
        foreach (var name in file.Images)
        {
            found.Add(Checked(name, await images.FindAsync(name, log, ct)));
        }

        return new ContainerPlan(yml, file, found.ToImmutable());
    }

    /// <summary>Builds the image. What it leaves is the image under one name, from which the next build of the app takes what has not changed.</summary>
    /// <param name="plan">What it is made from.</param>
    /// <param name="directory">The tree.</param>
    /// <param name="networkMode">Network of its RUN instructions.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="BuildRejectedException">An instruction failed.</exception>
    public async Task<ImageDetails> RunAsync(ContainerPlan plan, string directory, string networkMode, CancellationToken ct)
    {
        var watch = new DockerfileWatch(plan.File, [.. plan.Images.Select(image => image.Id)]);
        var ignore = new UntrustedTree(directory).ReadText(Dockerignore.FileName, Dockerignore.MaxSize) is { } text ? Dockerignore.Parse(text) : Dockerignore.None;
        try
        {
            var id = await docker.BuildImageAsync(
                Spec(plan, networkMode),
                (target, token) => BuildContext.WriteAsync(directory, ignore, plan.Yml.Dockerfile, target, token),
                message => FollowAsync(watch, message, ct),
                ct);
            await output.CompleteAsync();
            await KeepAsync(id, ct);
            return await docker.InspectImageAsync(id, ct) ?? throw new BuildRejectedException("The image is gone.", "The image was removed as soon as it was built. Deploy again.");
        }
        catch (Exception e)
        {
            await RemoveAsync(watch.Made);
            if (e is not (DockerException or HostProcessException or UntrustedFileException))
            {
                throw;
            }

            await output.CompleteAsync();
            throw Failed(e.Message);
        }
    }

    private ImageBuildSpec Spec(ContainerPlan plan, string networkMode) => new()
    {
        Dockerfile = plan.Yml.Dockerfile,
        Target = plan.Yml.Target,
        Arguments = plan.Yml.Arguments,
        Labels = CacheLabels(settings, request.AppId).Select(label => label.Split('=', 2)).ToImmutableDictionary(l => l[0], l => l[1], StringComparer.Ordinal),
        NetworkMode = networkMode,
        Memory = limits.Memory,
        Cpus = limits.Cpus,
        NoCache = request.CleanCache,
    };

    private async ValueTask FollowAsync(DockerfileWatch watch, string message, CancellationToken ct)
    {
        // The builder has no option for it: the container is told before its command runs.
        if (watch.Look(message) is { } container)
        {
            await docker.LimitProcessesAsync(container, limits.Processes, ct);
        }

        var plain = message.Replace("\e[91m", "", StringComparison.Ordinal).Replace("\e[0m", "", StringComparison.Ordinal);
        await output.AddAsync(Encoding.UTF8.GetBytes(plain));
    }

    // The name moves; what had it goes, with those of its parents that nothing else has.
    private async Task KeepAsync(string id, CancellationToken ct)
    {
        var before = await docker.InspectImageAsync(Cache, ct);
        var colon = Cache.LastIndexOf(':');
        await docker.TagImageAsync(id, Cache[..colon], Cache[(colon + 1)..], ct);
        if (before is not null && before.Id != id)
        {
            await RemoveAsync(before.Id);
        }
    }

    private async Task RemoveAsync(string? image)
    {
        try
        {
            await (image is null ? Task.CompletedTask : docker.RemoveImageAsync(image, CancellationToken.None));
        }
        catch (DockerException)
        {
            // Another build goes on from it.
        }
    }

    // What an image has prepared for those that are built from it must not reach for others, either.
    private static ImageDetails Checked(string name, ImageDetails image) => image.Config.OnBuild.Any(line => line.Contains("--from", StringComparison.OrdinalIgnoreCase))
        ? throw new BuildRejectedException($"The image {name} copies from others by ONBUILD.", $"The image {name} has an ONBUILD instruction with --from, which is not carried out here.")
        : image;

    private static T Read<T>(string name, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException e)
        {
            throw new BuildRejectedException($"{name} cannot be used: {e.Message}.", $"{name} cannot be used: {e.Message}.");
        }
    }

    private BuildRejectedException Failed(string message) => new(
        message,
        [
            message,
            .. message.EndsWith($": {Killed}", StringComparison.Ordinal) ? [$"A command that is killed (137) has most likely run out of memory: it may use {ByteSize.Format(limits.Memory)}."] : Array.Empty<string>(),
            "Push rejected, the image was not built.",
        ]);
}
