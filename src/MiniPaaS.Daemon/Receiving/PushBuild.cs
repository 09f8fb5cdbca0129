using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>A slug to be released, whether it was built for that or before.</summary>
/// <param name="Slug">The slug.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Steps">How long each step took.</param>
internal sealed record BuiltSlug(Slug Slug, SlugOrigin Origin, ImmutableArray<BuildStep> Steps);

/// <summary>The build of a push: from its arrival, which may be long before its turn, to its slug.</summary>
internal sealed class PushBuild(
    Database database, SourceBuild sources, BuildInputs currentInputs, SlugReuse reuse, BuildQueue places, RunningBuilds running, SlugBuilder builder, ContainerBuild containers,
    Attester attester, ProvenancePolicy provenance, Runtimes runtimes, StackCatalog stacks, Settings settings, TimeProvider time)
{
    /// <summary>Enters a build that waits for its turn; builds of the app that wait as well make way for it.</summary>
    public async Task<RunningBuild> EnterAsync(long appId, string commit, CancellationToken ct)
    {
        var id = await database.WriteAsync(db => BuildTable.Insert(db, appId, commit, time.GetUtcNow()), ct);
        running.Supersede(appId, commit);
        return running.Enter(id, appId, ct);
    }

    /// <summary>Writes down how a build ended, unless that has been done.</summary>
    public Task LeaveAsync(RunningBuild build) => FinishAsync(
        build, build.Reason is null ? "failed" : "canceled", build.Reason ?? "The push was given up or refused before it was built.");

    /// <summary>Builds in the app's turn; null when the app cannot be built, of which the pusher has been told.</summary>
    /// <exception cref="OperationCanceledException">Somebody ended the build, or the pusher left.</exception>
    public async Task<BuiltSlug?> BuildAsync(AppRows rows, PushRequest push, string commit, RunningBuild build, PushOutput output)
    {
        var vars = rows.Live?.ConfigVars ?? ConfigVars.Empty;
        await using var log = BuildLog.Open(settings, build.Id, SecretMask.Of(vars), output.WriteLineAsync);
        var order = new BuildOrder(build.Id, rows.App, commit, push.Objects, vars, rows.Live?.Slug?.Stack);
        var (built, rejection) = await MakeAsync(order, log, build);
        foreach (var warning in built is null ? [] : stacks.Warnings(built.Slug.Stack))
        {
            await log.ErrorAsync(warning);
        }

        build.Complete();
        await FinishAsync(build, built is null ? "failed" : "succeeded", rejection);
        return built;
    }

    private async Task<(BuiltSlug? Built, string? Rejection)> MakeAsync(BuildOrder order, BuildLog log, RunningBuild build)
    {
        try
        {
            return await MakeAsync(await sources.RequestAsync(order, log, build.Canceled), log, build);
        }
        catch (BuildRejectedException e)
        {
            return (null, await e.TellAsync(log));
        }
    }

    // What the key says is compared before anything is prepared: an app that has been built already costs no build.
    private async Task<(BuiltSlug? Built, string? Rejection)> MakeAsync(BuildRequest request, BuildLog log, RunningBuild build)
    {
        if (request.StackWanted == Slug.ContainerStack)
        {
            return await containers.MakeAsync(request, log, build);
        }

        var ct = build.Canceled;
        var start = time.GetTimestamp();
        var inputs = await currentInputs.ReadAsync(request, ct);
        var key = inputs.Key(request.ConfigVars);
        if (await reuse.FindAsync(request.AppId, inputs, key, ct) is var (slug, version) && provenance.Allows(request.AppId, slug))
        {
            await log.StepAsync($"Already built: the same source, buildpacks, stack and config vars made slug {slug.ShortId} ({version})");
            await log.DetailAsync("That slug is released again. To build it anew: paas builds:cache:purge, then push");
            var step = new BuildStep("reuse", time.GetElapsedTime(start));
            return (new BuiltSlug(slug, SlugOrigin.OfCommit(request.Commit, inputs: null, key: null), [step]), null);
        }

        using var place = await places.EnterAsync(
            ahead =>
            {
                build.Wait();
                return log.StepAsync($"Waiting for a place to build: {ahead} {(ahead == 1 ? "build goes" : "builds go")} first");
            },
            ct);
        build.Begin();
        var (startedAt, inventory) = (time.GetUtcNow(), Inventory.Empty);
        var inspected = request with { Inspect = async (tree, token) => inventory = await Inventory.ReadAsync(tree, token) };
        switch (await builder.BuildAsync(inspected, log, ct))
        {
            case BuildOutcome.Succeeded succeeded:
                if (succeeded.Detected is { } detected)
                {
                    // The next push begins with it: what was built now is what the same source gives then.
                    await database.WriteAsync(db => BuildpackTable.Pin(db, request.AppId, detected), ct);
                    inputs = await currentInputs.ReadAsync(request with { PinnedBuildpack = detected }, ct);
                }

                inputs = inputs.With(succeeded.Slug.Buildpacks);
                key = inputs.Key(request.ConfigVars);

                var made = await runtimes.PinAsync(succeeded.Slug, ct);
                var attesting = time.GetTimestamp();
                var attestation = await attester.AttestAsync(request, inputs, made, succeeded.Layer, inventory, startedAt, ct);
                var origin = SlugOrigin.OfCommit(request.Commit, inputs, key) with { Attestation = attestation };
                return (new BuiltSlug(made, origin, succeeded.Steps.Add(new BuildStep("attest", time.GetElapsedTime(attesting)))), null);
            case BuildOutcome.Rejected rejected:
                return (null, rejected.Reason);
            default:
                throw new InvalidOperationException("A build ends in no other way.");
        }
    }

    private Task FinishAsync(RunningBuild build, string status, string? error) =>
        database.WriteAsync(db => BuildTable.Finish(db, build.Id, status, error, time.GetUtcNow()), CancellationToken.None);
}
