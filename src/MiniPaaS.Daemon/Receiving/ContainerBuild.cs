using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Makes slugs of source whose stack is <c>container</c>: by its Dockerfile instead of buildpacks, and else like every build.</summary>
internal sealed class ContainerBuild(
    DockerClient docker, ImageSource images, ContainerImage containers, SlugReuse reuse, BuildQueue places, Attester attester, ProvenancePolicy provenance, Settings settings, BuildLimits limits, TimeProvider time)
{
    private const string Name = "Dockerfile";

    // Form of the slugs that come of it; another number makes every such app build anew.
    private const string Driver = "dockerfile:1";

    /// <summary>Makes the slug in the app's turn; of a rejection the user has been told.</summary>
    /// <exception cref="OperationCanceledException">Somebody ended the build, or the user left.</exception>
    public async Task<(BuiltSlug? Built, string? Rejection)> MakeAsync(BuildRequest request, BuildLog log, RunningBuild build)
    {
        using var limit = new CancellationTokenSource(limits.Time, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(build.Canceled, limit.Token);
        BuildRejectedException rejection;
        try
        {
            return (await MakeAsync(request, log, build, ended.Token), null);
        }
        catch (BuildRejectedException e)
        {
            rejection = e;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !build.Canceled.IsCancellationRequested)
        {
            rejection = new BuildRejectedException("The build timed out.", $"The build timed out; it must complete in {limits.Time.TotalSeconds:0} seconds.");
        }

        await log.WriteAsync("");
        foreach (var line in rejection.Lines)
        {
            await log.ErrorAsync(line);
        }

        return (null, rejection.Message);
    }

    private async Task<BuiltSlug> MakeAsync(BuildRequest request, BuildLog log, RunningBuild build, CancellationToken ct)
    {
        var (mark, startedAt, steps) = (time.GetTimestamp(), time.GetUtcNow(), new List<BuildStep>());
        await log.WriteAsync("Building source:");
        await log.WriteAsync("");
        await using var directories = BuildDirectories.Create(settings, request);
        await request.WriteSource(directories.Tree, ct);
        Passed("source");
        var work = new DockerfileBuild(request, log, settings, docker, images, limits);
        var plan = await work.PlanAsync(directories.Tree, ct);
        Passed("images");
        var inputs = Inputs(request, plan);
        var key = inputs.Key(ConfigVars.Empty);
        if (await reuse.FindAsync(request.AppId, inputs, key, ct) is var (known, version) && provenance.Allows(request.AppId, known))
        {
            await log.StepAsync($"Already built: the same source and images made slug {known.ShortId} ({version})");
            await log.DetailAsync("That slug is released again. To build it anew: paas builds:cache:purge, then push");
            return new BuiltSlug(known, SlugOrigin.OfCommit(request.Commit, inputs: null, key: null), [.. steps]);
        }

        using var place = await places.EnterAsync(
            ahead =>
            {
                build.Wait();
                return log.StepAsync($"Waiting for a place to build: {ahead} {(ahead == 1 ? "build goes" : "builds go")} first");
            },
            ct);
        build.Begin();
        var slug = await BuildAsync(work, request, plan, directories.Tree, log, ct);
        Passed("build");
        var attestation = await attester.ContainerAsync(request, slug, plan.File.Images.Zip(plan.Images, (name, image) => (name, image.Id)), startedAt, ct);
        Passed("attest");
        return new BuiltSlug(slug, SlugOrigin.OfCommit(request.Commit, inputs, key) with { Attestation = attestation }, [.. steps]);

        void Passed(string step)
        {
            var now = time.GetTimestamp();
            steps.Add(new BuildStep(step, time.GetElapsedTime(mark, now)));
            mark = now;
        }
    }

    private async Task<Slug> BuildAsync(DockerfileBuild work, BuildRequest request, ContainerPlan plan, string tree, BuildLog log, CancellationToken ct)
    {
        await log.StepAsync($"Building {plan.Yml.Dockerfile}");
        ImageDetails image;
        await using (var network = await request.LeaseNetwork(ct))
        {
            image = await work.RunAsync(plan, tree, network.NetworkMode, ct);
        }

        await log.StepAsync("Discovering process types");
        var types = ContainerImage.ProcessTypes(image.Config, plan.Yml.Commands);
        foreach (var (type, command) in types)
        {
            await log.DetailAsync($"{type} -> {command}");
        }

        var origin = new Buildpack(Name, plan.Yml.Dockerfile, Url: null, Commit: null, plan.Digest);
        var slug = await containers.MakeAsync(request.AppId, request.AppName.Value, image, origin, types, request.Commit, ct);
        await log.DetailAsync($"Done: {ByteSize.Format(slug.Size)}");
        return slug;
    }

    // Config vars are none: a build from a Dockerfile sees the arguments of heroku.yml, which is part of the source.
    private static SlugInputs Inputs(BuildRequest request, ContainerPlan plan) => new()
    {
        Driver = Driver,
        Tree = request.Tree,
        Source = request.SourceDigest,
        Buildpacks = [new BuildpackInput(Name, Url: null, Commit: null, plan.Digest)],
        BuildpacksSet = true,
        Stacks = [.. plan.File.Images.Zip(plan.Images, (name, image) => new StackInput(name, BuildImage: "", image.Id, Provides: ""))],
        StackSet = true,
        Dotnet = [],
        ConfigVars = [],
    };
}
