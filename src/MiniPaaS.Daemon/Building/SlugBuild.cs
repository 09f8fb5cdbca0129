using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>One build from its source to its slug.</summary>
internal sealed class SlugBuild(
    BuildRequest request, BuildLog log, Settings settings, DockerClient docker, BuildLimits limits, TimeProvider time)
{
    private readonly ImmutableArray<BuildStep>.Builder steps = ImmutableArray.CreateBuilder<BuildStep>();
    private readonly BuildOutput output = new(log, limits.Output);
    private readonly IReadOnlyList<string> packs = Buildpacks(settings);
    private long mark = time.GetTimestamp();

    /// <summary>Builds, and adds the slug to Docker.</summary>
    public Task<BuildOutcome.Succeeded> RunAsync(CancellationToken ct) => RunAsync(LoadAsync, ct);

    /// <summary>Builds, and hands over what was made before it is removed.</summary>
    public async Task<T> RunAsync<T>(Func<SlugParts, CancellationToken, Task<T>> use, CancellationToken ct)
    {
        // 1. The source, in an empty directory.
        await log.WriteAsync("Building source:");
        await log.WriteAsync("");
        await using var directories = await BuildDirectories.CreateAsync(settings, request, ct);
        await using var network = await request.LeaseNetwork(ct);
        var spec = new BuildSpec
        {
            Settings = settings,
            Limits = limits,
            Request = request,
            Directories = directories,
            NetworkMode = network.NetworkMode,
        };
        Passed("prepare");

        // 2. The buildpack, on the stack that it wants.
        var (results, stack) = await RunBuildpackAsync(spec, ct);

        // 3. What it made.
        var contents = await SlugContents.ReadAsync(new UntrustedTree(directories.Tree), DefaultTypes(results), log);
        await log.WriteAsync("");
        await log.StepAsync("Compressing...");
        var layer = await PackAsync(directories, ct);
        Passed("pack");

        // 4. The slug.
        var pack = Path.Combine(settings.BuildpacksDir, results.Pack);
        var buildpack = new Buildpack(results.Name, results.Pack, Url: null, Commit: null, await PackDigest.OfAsync(pack, ct));
        var parts = new SlugParts
        {
            AppId = request.AppId,
            AppName = request.AppName,
            Commit = request.Commit,
            CommittedAt = request.CommittedAt,
            Stack = stack,
            Buildpacks = [buildpack],
            Contents = contents,
            Layer = layer,
        };
        var used = use(parts, ct);
        await Task.WhenAll(used, request.Inspect(directories.Tree, ct));
        return await used;
    }

    private async Task<BuildOutcome.Succeeded> LoadAsync(SlugParts parts, CancellationToken ct)
    {
        var slug = await SlugImage.LoadAsync(docker, settings, parts, ct);
        await log.DetailAsync($"Done: {ByteSize.Format(parts.Layer.Size)}");
        Passed("load");
        return new BuildOutcome.Succeeded(slug, steps.ToImmutable()) { Layer = parts.Layer.DiffId };
    }

    private async Task<(BuildResults Results, string Stack)> RunBuildpackAsync(BuildSpec spec, CancellationToken ct)
    {
        var stack = FirstStack();
        BuildResults results;
        await using (var container = new BuildContainer(
            docker, spec.ContainerName, spec.On(stack, request.Buildpack is null ? "detect" : "set", Candidates())))
        {
            await request.WriteSource(spec.Directories.Tree, ct);
            Passed("source");
            results = await RunContainerAsync(container, stack, spec, ct);
        }

        Passed("buildpack");
        if (results.Outcome == "other-stack")
        {
            stack = Installed(results.Stack);
            await using var container = new BuildContainer(
                docker, spec.ContainerName, spec.On(stack, "compile", [results.Pack, results.Name]));
            results = await RunContainerAsync(container, stack, spec, ct);
            Passed("buildpack on its stack");
        }

        if (results.Outcome != "built" || !packs.Contains(results.Pack, StringComparer.Ordinal))
        {
            throw new BuildRejectedException("The build tampered with its results.", "Push rejected, the build tampered with its results.");
        }

        await output.CompleteAsync();
        return (results, stack);
    }

    private async Task<BuildResults> RunContainerAsync(BuildContainer container, string stack, BuildSpec spec, CancellationToken ct)
    {
        var exitCode = await container.RunAsync(stack, output, ct);
        var results = BuildResults.Take(spec.Directories.Results);
        if (results.Outcome is "built" or "other-stack")
        {
            return results;
        }

        await output.CompleteAsync();
        var lines = await container.RanOutOfMemoryAsync(ct)
            ? [$"The build ran out of memory: it may use {ByteSize.Format(limits.Memory)}."]
            : Array.Empty<string>();
        throw results.Outcome switch
        {
            "undetected" => Undetected(),
            "incompatible" => new BuildRejectedException(
                $"The buildpack {request.Buildpack} does not recognise the app.",
                "Push rejected, the buildpack does not recognise this app."),
            "no-stack" => new BuildRejectedException(
                "No installed stack fits the app.", "Push rejected, no stack fits this app (see above)."),
            "compile-failed" => Failed($"failed to compile {results.Name} app"),
            "release-failed" => Failed($"bin/release of the {results.Name} buildpack failed"),
            _ => Failed($"the build ended before its time with exit code {exitCode}"),
        };

        BuildRejectedException Failed(string what) => new($"{string.Concat(lines)} {what}".Trim(), [.. lines, $"Push rejected, {what}."]);
    }

    private async Task<LayerFile> PackAsync(BuildDirectories directories, CancellationToken ct)
    {
        LayerFile? layer;
        IReadOnlyList<string> warnings;
        try
        {
            (layer, warnings) = await SlugLayer.WriteAsync(directories.Tree, directories.Layer, request.CommittedAt, limits.Slug, ct);
        }
        catch (HostProcessException e)
        {
            throw new BuildRejectedException(
                "The built app cannot be read.", ["The built app cannot be packed into a slug:", .. e.Errors.Split('\n')]);
        }

        foreach (var warning in warnings)
        {
            await log.ErrorAsync(warning);
        }

        return layer ?? throw new BuildRejectedException(
            "The slug is too large.",
            $"Compiled slug size: more than {ByteSize.Format(limits.Slug)} is too large (max is {ByteSize.Format(limits.Slug)}).",
            "Leave files out with .slugignore, and keep large data outside of the app.");
    }

    private ImmutableSortedDictionary<string, string> DefaultTypes(BuildResults results)
    {
        try
        {
            return ReleaseManifest.DefaultProcessTypes(results.Release);
        }
        catch (FormatException e)
        {
            throw new BuildRejectedException(
                "The buildpack's bin/release printed nothing readable.",
                $"bin/release of the {results.Name} buildpack did not print usable YAML: {e.Message}");
        }
    }

    private BuildRejectedException Undetected() => new(
        "No default language could be detected for this app.",
        "No default language could be detected for this app.",
        $"\t\t\tHINT: None of the buildpacks ({string.Join(", ", packs)}) recognises the files at the root of the repository.",
        "\t\t\tCommit what they look for (as index.php, composer.json, a .csproj or .sln file),",
        "\t\t\tor a Procfile that says how to start the app.");

    private IEnumerable<string> Candidates() => request.Buildpack is not { } wanted
        ? packs
        : packs.Contains(wanted, StringComparer.Ordinal)
            ? [wanted]
            : throw new BuildRejectedException(
                $"There is no buildpack {wanted}.",
                $"There is no buildpack \"{wanted}\" on this platform. There are: {string.Join(", ", packs)}.");

    private string FirstStack()
    {
        var likely = request.LastStack is { } last && settings.Stacks.Contains(last, StringComparer.Ordinal) ? last : settings.DefaultStack;
        return Installed(request.StackWanted ?? likely);
    }

    private string Installed(string stack) => settings.Stacks.Contains(stack, StringComparer.Ordinal)
        ? stack
        : throw BuildRejectedException.UnknownStack(stack, settings.Stacks);

    private void Passed(string step)
    {
        var now = time.GetTimestamp();
        steps.Add(new BuildStep(step, time.GetElapsedTime(mark, now)));
        mark = now;
    }

    /// <summary>The platform's buildpacks in the order of detection.</summary>
    public static string[] Buildpacks(Settings settings) =>
    [
        .. File.ReadLines(Path.Combine(settings.BuildpacksDir, "order"))
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.StartsWith('#')),
    ];
}
