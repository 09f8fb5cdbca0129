using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Apps;

/// <summary>What a build makes and a release runs: an image addressed by its content, never changed.</summary>
/// <param name="Id">Image id (<c>sha256:</c> and 64 hex digits): the digest of everything in it.</param>
/// <param name="Image">Tag that keeps the image from being pruned, as in <c>minipaas/myapp:0123456789ab</c>.</param>
/// <param name="Commit">Commit it was built from; empty for an image that was built elsewhere.</param>
/// <param name="Stack">Stack it was built on and runs on.</param>
/// <param name="StackImage">Id of that stack's run image, its first layers; of a container the image whose layers it has.</param>
/// <param name="Buildpacks">What built it, in the order they ran; of a container what its image is.</param>
/// <param name="ProcessTypes">Command lines by process type.</param>
/// <param name="Mounts">Shared read-only runtimes the dynos need, as in <c>dotnet</c>.</param>
/// <param name="Healthchecks">The app.json <c>healthchecks</c> object as JSON text, or null.</param>
/// <param name="Size">Bytes of the slug's own layer, uncompressed.</param>
internal sealed record Slug(
    string Id,
    string Image,
    string Commit,
    string Stack,
    string StackImage,
    ImmutableArray<Buildpack> Buildpacks,
    ImmutableSortedDictionary<string, string> ProcessTypes,
    ImmutableArray<string> Mounts,
    string? Healthchecks,
    long Size)
{
    /// <summary>Heroku's name of the stack of apps that are images of their own.</summary>
    public const string ContainerStack = "container";

    /// <summary>True for an image that no buildpack made: it brings its own system, and its commands are in exec form.</summary>
    public bool IsContainer => Stack == ContainerStack;

    /// <summary>The names of its buildpacks, as in <c>Node.js, PHP</c>.</summary>
    public string BuildpackNames => string.Join(", ", Buildpacks.Select(b => b.Name));

    /// <summary>First twelve hex digits of the id, for people.</summary>
    public string ShortId => Id["sha256:".Length..][..12];
}
