using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>Puts the unchanged layer of an app on the present image of its stack: a patched system without a build and without a push.</summary>
internal sealed class SlugRebase(Database database, DockerClient docker, SlugImages images, SlugRelease releases, Attester attester, Settings settings, TimeProvider time)
{
    /// <summary>True when the live slug of an app lies on another image than the one its stack has now.</summary>
    public Task<bool> IsOutdatedAsync(Slug slug, CancellationToken ct) => IsOutdatedAsync(slug.Stack, slug.StackImage, slug.Id, ct);

    /// <inheritdoc cref="IsOutdatedAsync(Slug, CancellationToken)"/>
    public async Task<bool> IsOutdatedAsync(string stack, string stackImage, string slug, CancellationToken ct) =>
        await docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct) is { } present
        && present.Id != stackImage
        && await docker.InspectImageAsync(slug, ct) is { } image
        && !image.RootFS.Layers[..^1].SequenceEqual(present.RootFS.Layers);

    /// <summary>Rebases an app; its release is on its way live when this returns, and reverted if it does not get there.</summary>
    /// <returns>The release; null when there is nothing to rebase.</returns>
    /// <exception cref="SlugException">It cannot be rebased now.</exception>
    public async Task<Release?> RebaseAsync(App app, string user, CancellationToken ct)
    {
        if (Live(app.Id)?.Slug is { IsContainer: true })
        {
            throw new SlugException(
                $"{app.Name} is an image that was built elsewhere or from a Dockerfile: no stack of this server lies below it. "
                + "Build it again on a newer image, and deploy that.");
        }

        if (Live(app.Id) is not { Slug: { } live } || !await IsOutdatedAsync(live, ct))
        {
            return null;
        }

        await using var workshop = SlugWorkshop.Open(settings);
        return await releases.MakeAsync(app.Id, user, async token =>
        {
            // What is live may have changed while others had the turn.
            var slug = Live(app.Id)?.Slug ?? live;
            var startedAt = time.GetUtcNow();
            var (layer, committedAt) = await images.RestoreLayerAsync(slug, workshop.Directory, token);
            var rebased = await LoadAsync(app, slug, layer, committedAt, token);
            var origin = new SlugOrigin($"Rebase onto {slug.Stack} {Short(rebased.StackImage)}", InputsOf(app.Id, slug, rebased));
            return (rebased, origin with { Attestation = await attester.RebaseAsync(app, slug, rebased, layer.DiffId, committedAt, startedAt, token) });
        }, ct);
    }

    private async Task<Slug> LoadAsync(App app, Slug slug, LayerFile layer, DateTimeOffset committedAt, CancellationToken ct)
    {
        var parts = new SlugParts
        {
            AppId = app.Id,
            AppName = app.ParsedName,
            Commit = slug.Commit,
            CommittedAt = committedAt,
            Stack = slug.Stack,
            Buildpacks = slug.Buildpacks,
            Contents = new SlugContents(slug.ProcessTypes, slug.Mounts, slug.Healthchecks),
            Layer = layer,
        };
        return await SlugImage.LoadAsync(docker, settings, parts, ct);
    }

    // The layer's inputs are what they were; the image below it is another one.
    private SlugInputs? InputsOf(long appId, Slug slug, Slug rebased) =>
        database.Read(db => SlugInputsTable.Find(db, appId, slug.Id)) is var (inputs, _)
            ? inputs with
            {
                Stacks = inputs.Stacks.Select(stack => stack.Name == slug.Stack ? stack with { RunImage = rebased.StackImage } : stack).ToImmutableArray(),
            }
            : null;

    private Release? Live(long appId) => database.Read(db =>
        AppTable.Find(db, appId)?.LiveRelease is { } live ? ReleaseTable.Find(db, appId, live) : null);

    private static string Short(string image) => image["sha256:".Length..][..12];
}
