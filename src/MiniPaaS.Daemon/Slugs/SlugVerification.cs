using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>What a rebuild says about a slug.</summary>
/// <param name="Layer">Digest of the slug's layer.</param>
/// <param name="Rebuilt">Digest of the layer that was built from the recorded inputs.</param>
/// <param name="Changes">Differences from the slug to the rebuild; process types appear as <c>process type web</c>.</param>
/// <param name="OtherInputs">Recorded inputs that are not there any more as they were, one phrase each.</param>
internal sealed record SlugVerdict(string Layer, string Rebuilt, ImmutableArray<SlugChange> Changes, ImmutableArray<string> OtherInputs)
{
    /// <summary>True when the rebuild is the slug, bit for bit.</summary>
    public bool Verified => Layer == Rebuilt && Changes.IsEmpty;
}

/// <summary>
/// Builds a slug once more: the commit from the app's repository, the config vars of the slug's first release, the recorded buildpacks
/// and stack, an empty cache. What comes out is compared with the slug, and thrown away.
/// </summary>
internal sealed class SlugVerification(
    Database database, GitRepositories repositories, SlugBuilder builder, BuildQueue places, RunningBuilds running, BuildInputs currentInputs, SlugImages images, ImageContents contents, SourceBuild sources,
    Settings settings, TimeProvider time)
{
    /// <summary>Verifies a slug.</summary>
    /// <exception cref="SlugException">It cannot be built again.</exception>
    public async Task<SlugVerdict> VerifyAsync(App app, KnownSlug known, CancellationToken ct)
    {
        if (known.Slug.IsContainer)
        {
            throw new SlugException(
                $"Slug {known.Slug.ShortId} is an image that was not made by buildpacks: it cannot be built again to be compared. "
                + await contents.CheckAsync(known.Slug, ct));
        }

        if (known.Inputs is not { } inputs)
        {
            throw new SlugException($"What slug {known.Slug.ShortId} was made from is not recorded, so it cannot be built again.");
        }

        var objects = new ObjectDirectories(repositories.Ensure(app.Id), Quarantine: null);
        if (!await SourceArchive.HasCommitAsync(objects, known.Slug.Commit, ct))
        {
            throw new SlugException($"The commit {known.Slug.Commit} is not in the app's repository. Push a branch that contains it, then verify again.");
        }

        var id = await database.WriteAsync(db => BuildTable.Insert(db, app.Id, known.Slug.Commit, time.GetUtcNow()), ct);
        var (status, error) = ("failed", (string?)"The verification was cut off.");
        using var build = running.Enter(id, app.Id, ct);
        try
        {
            await using var log = BuildLog.Open(settings, id, SecretMask.Of(known.First.ConfigVars), _ => ValueTask.CompletedTask);
            using var place = await places.EnterAsync(_ => ValueTask.CompletedTask, build.Canceled);
            var request = await RequestAsync(app, known, inputs, objects, id, log, build.Canceled);
            var verdict = await RebuildAsync(request, known, inputs, log, build.Canceled);
            (status, error) = verdict.Verified ? ("verified", null) : ("differs", "The rebuild is not the slug.");
            return verdict;
        }
        catch (SlugException e)
        {
            error = e.Message;
            throw;
        }
        catch (OperationCanceledException) when (build.Reason is { } reason)
        {
            (status, error) = ("canceled", reason);
            throw new SlugException(reason);
        }
        finally
        {
            await database.WriteAsync(db => BuildTable.Finish(db, id, status, error, time.GetUtcNow()), CancellationToken.None);
        }
    }

    private async Task<BuildRequest> RequestAsync(
        App app, KnownSlug known, SlugInputs inputs, ObjectDirectories objects, long id, BuildLog log, CancellationToken ct)
    {
        var request = await sources.RequestAsync(new BuildOrder(id, app, known.Slug.Commit, objects, known.First.ConfigVars), log, ct);
        return request with
        {
            CleanCache = true,
            LastStack = known.Slug.Stack,
            StackWanted = inputs.StackSet ? known.Slug.Stack : null,
            Buildpacks = inputs.BuildpacksSet ? [.. inputs.Buildpacks.Select(pack => pack.Pack)] : [],
            PinnedBuildpack = inputs.BuildpackPinned ? inputs.Buildpacks[0].Pack : null,
        };
    }

    // Those that were fetched are taken at the commits that built the slug, whatever their branches have become.
    private static ImmutableArray<string> Recorded(Slug slug) => slug.Buildpacks.All(pack => pack.Url is null)
        ? []
        : [.. slug.Buildpacks.Select(pack => pack.Url is null ? pack.Pack : pack.Commit is null ? pack.Url : $"{pack.Url}#{pack.Commit}")];

    private async Task<SlugVerdict> RebuildAsync(BuildRequest request, KnownSlug known, SlugInputs inputs, BuildLog log, CancellationToken ct)
    {
        // Fetched buildpacks are taken as they were.
        var now = (await currentInputs.ReadAsync(request, ct)).With(known.Slug.Buildpacks);
        ImmutableArray<string> others = [.. inputs.Differences(now)];
        if (others.IsEmpty && known.Key.Length > 0 && now.Key(request.ConfigVars) != known.Key)
        {
            others = ["the values of the config vars"];
        }

        var layer = await images.LayerOfAsync(known.Slug, ct)
            ?? throw new SlugException($"The image of slug {known.Slug.ShortId} is gone from the Docker Engine; there is nothing to compare with.");
        var recorded = Recorded(known.Slug);
        var (verdict, rejection) = await builder.RebuildAsync(
            recorded.IsEmpty ? request : request with { Buildpacks = recorded }, log, (parts, token) => CompareAsync(known.Slug, layer, parts, others, token), ct);
        return verdict ?? throw new SlugException(
            $"The rebuild failed: {rejection}" + (others.IsEmpty ? "" : $" Not as they were: {string.Join(", ", others)}."));
    }

    private async Task<SlugVerdict> CompareAsync(
        Slug slug, string layer, SlugParts rebuilt, ImmutableArray<string> others, CancellationToken ct)
    {
        var changes = ProcessTypes(slug, rebuilt).ToImmutableArray();
        if (rebuilt.Layer.DiffId != layer)
        {
            await using var tar = File.OpenRead(rebuilt.Layer.Path);
            var after = await SlugFiles.ReadAsync(tar, ct);
            changes = changes.AddRange(SlugDiff.Between(await images.FilesOfAsync(slug, ct), after));
        }

        return new SlugVerdict(layer, rebuilt.Layer.DiffId, changes, others);
    }

    // A buildpack's default types are in no file of the slug.
    private static IEnumerable<SlugChange> ProcessTypes(Slug slug, SlugParts rebuilt)
    {
        var after = rebuilt.Contents.ProcessTypes;
        foreach (var type in slug.ProcessTypes.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (was, now) = (slug.ProcessTypes.GetValueOrDefault(type), after.GetValueOrDefault(type));
            if (was != now)
            {
                var change = was is null ? "added" : now is null ? "removed" : "changed";
                yield return new SlugChange($"process type {type}", change, was?.Length, now?.Length, $"{was} -> {now}");
            }
        }
    }
}
