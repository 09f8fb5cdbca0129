using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>One build from its source to its slug.</summary>
internal sealed class SlugBuild(
    BuildRequest request, BuildLog log, Settings settings, DockerClient docker, Builders builders, BuildLimits limits, TimeProvider time)
{
    // What says how an app is started, not what it is written in: an app that has nothing else is looked at anew each time.
    private const string LastResort = "procfile";

    private readonly ImmutableArray<BuildStep>.Builder steps = ImmutableArray.CreateBuilder<BuildStep>();
    private readonly BuildOutput output = new(log, limits.Output, limits.Flood);
    private long mark = time.GetTimestamp();

    /// <summary>Builds, and adds the slug to Docker.</summary>
    public Task<BuildOutcome.Succeeded> RunAsync(CancellationToken ct) => RunAsync(LoadAsync, ct);

    /// <summary>Builds, and hands over what was made before it is removed.</summary>
    public async Task<T> RunAsync<T>(Func<SlugParts, CancellationToken, Task<T>> use, CancellationToken ct)
    {
        // 1. The source, in an empty directory.
        await log.WriteAsync("Building source:");
        await log.WriteAsync("");
        var builder = await builders.TakeAsync(request, FirstStack(), ct);
        AppBuilder? mine = builder;
        try
        {
            builder.Directories.WriteEnv(request);
            Passed("prepare");
            var (made, servers) = await BuildAsync(builder, use, ct);
            mine = request.CleanCache ? builder : null;
            Leave(builder, servers);
            return made;
        }
        finally
        {
            if (mine is not null)
            {
                await mine.DisposeAsync();
            }
        }
    }

    // What a build with a clean cache ran in is of no use to another.
    private void Leave(AppBuilder builder, ImmutableArray<string> servers)
    {
        if (!request.CleanCache && servers.IsEmpty)
        {
            builders.Replace(request, builder);
        }
        else if (!request.CleanCache)
        {
            builders.Keep(request.AppId, builder, servers);
        }
    }

    private async Task<(T Made, ImmutableArray<string> Servers)> BuildAsync<T>(AppBuilder builder, Func<SlugParts, CancellationToken, Task<T>> use, CancellationToken ct)
    {
        // 2. The buildpacks, on the stack that they want.
        var directories = builder.Directories;
        var watch = new DiskWatch(directories, builder.DiskAsync, limits, time);
        var (plan, results) = await watch.GuardAsync(token => RunBuildpacksAsync(builder, token), ct);
        await builder.HoldStillAsync(ct);

        // 3. What they made.
        var contents = await SlugContents.ReadAsync(new UntrustedTree(directories.Tree), DefaultTypes(results), log);
        await log.WriteAsync("");
        await log.StepAsync("Compressing...");
        var layer = await PackAsync(directories, ct);
        var buildpacks = await RecordAsync(plan, results, ct);
        Passed("pack");

        // 4. The slug.
        var parts = new SlugParts
        {
            AppId = request.AppId,
            AppName = request.AppName,
            Commit = request.Commit,
            CommittedAt = request.CommittedAt,
            Stack = builder.Ground.Stack,
            Buildpacks = buildpacks,
            Detected = results.Detected.Length > 0 && results.Detected != LastResort ? plan.Packs[0].Reference.Text : null,
            Contents = contents,
            Layer = layer,
        };
        var used = use(parts, ct);
        await Task.WhenAll(used, request.Inspect(directories.Tree, ct));
        return (await used, plan.Servers(settings));
    }

    private async Task<BuildOutcome.Succeeded> LoadAsync(SlugParts parts, CancellationToken ct)
    {
        var slug = await SlugImage.LoadAsync(docker, settings, parts, ct);
        await log.DetailAsync($"Done: {ByteSize.Format(parts.Layer.Size)}");
        Passed("load");
        return new BuildOutcome.Succeeded(slug, steps.ToImmutable()) { Layer = parts.Layer.DiffId, Detected = parts.Detected };
    }

    private async Task<(BuildPlan Plan, BuildResults Results)> RunBuildpacksAsync(AppBuilder builder, CancellationToken ct)
    {
        var runs = new BuildRuns(request, output, limits);
        await request.WriteSource(builder.Directories.Tree, ct);
        Passed("source");
        var plan = await PlanAsync(builder.Directories, ct);
        var results = await runs.RunAsync(builder, plan, ct);
        plan = plan.IsDetection ? plan with { Packs = [Detected(plan, results)] } : plan;
        Passed("buildpack", results.Spent);
        if (results.Outcome == "other-stack")
        {
            await builder.MoveAsync(await BuildGround.OfAsync(docker, Installed(results.Stack), ct));
            plan = plan with { SettledStack = builder.Ground.Stack };
            results = await runs.RunAsync(builder, plan, ct);
            Passed("buildpack on its stack", results.Spent);
        }

        if (results.Outcome != "built" || results.Names.Length != plan.Packs.Count)
        {
            throw BuildRejectedException.Tampered();
        }

        await output.CompleteAsync();
        return (plan, results);
    }

    private async Task<BuildPlan> PlanAsync(BuildDirectories directories, CancellationToken ct)
    {
        var choice = PackChoice.Of(request, new UntrustedTree(directories.Tree), new PackReferences(settings));
        var shelf = new PackShelf(settings, time);
        var packs = ImmutableArray.CreateBuilder<PreparedPack>();
        foreach (var reference in choice.Packs)
        {
            try
            {
                packs.Add(await shelf.PrepareAsync(reference, directories.Packs, log, ct));
            }
            catch (FetchException e)
            {
                throw new BuildRejectedException(
                    $"The buildpack {reference.Text} could not be fetched: {e.Message}",
                    $"The buildpack {reference.Text} could not be fetched:",
                    e.Message,
                    "Check its address (paas buildpacks), and that this server can reach it; then push again.");
            }
        }

        if (packs.Any(pack => pack.Url is not null))
        {
            Passed("fetch");
        }

        return new BuildPlan(choice.IsDetection, packs.ToImmutable(), SettledStack: null);
    }

    private static PreparedPack Detected(BuildPlan plan, BuildResults results) =>
        plan.Packs.FirstOrDefault(pack => pack.Folder == results.Detected) ?? throw BuildRejectedException.Tampered();

    private async Task<ImmutableArray<Buildpack>> RecordAsync(BuildPlan plan, BuildResults results, CancellationToken ct)
    {
        var records = ImmutableArray.CreateBuilder<Buildpack>();
        foreach (var (pack, name) in plan.Packs.Zip(results.Names))
        {
            var digest = pack.Digest ?? await PackDigest.OfAsync(Path.Combine(settings.BuildpacksDir, pack.Folder), ct);
            records.Add(new Buildpack(log.Mask.Apply(name), pack.Reference.Text, pack.Url, pack.Commit, digest));
        }

        return records.ToImmutable();
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

    private string FirstStack()
    {
        var likely = request.LastStack is { } last && settings.Stacks.Contains(last, StringComparer.Ordinal) ? last : settings.DefaultStack;
        return Installed(request.StackWanted ?? likely);
    }

    private string Installed(string stack) => settings.Stacks.Contains(stack, StringComparer.Ordinal)
        ? stack
        : throw BuildRejectedException.UnknownStack(stack, settings.Stacks);

    // Of a container's time the buildpacks' own part is told apart from the platform's, which is the container itself.
    private void Passed(string step, TimeSpan spent)
    {
        var took = time.GetElapsedTime(mark);
        var own = spent < took ? spent : took;
        steps.Add(new BuildStep("container", took - own));
        steps.Add(new BuildStep(step, own));
        mark = time.GetTimestamp();
    }

    private void Passed(string step)
    {
        var now = time.GetTimestamp();
        steps.Add(new BuildStep(step, time.GetElapsedTime(mark, now)));
        mark = now;
    }
}
