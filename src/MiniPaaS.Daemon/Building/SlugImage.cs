using System.Collections.Immutable;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>Adds a slug's image to Docker: the stack's run image and one layer, addressed by its content.</summary>
internal static class SlugImage
{
    private const string Provisional = "build-";

    /// <summary>Labels that find every slug image of this instance.</summary>
    public static IReadOnlyList<string> Labels(Settings settings) => [$"minipaas.namespace={settings.Namespace}", "minipaas.kind=slug"];

    /// <summary>A name for an image that is being made.</summary>
    public static string ProvisionalName(string repository) => $"{repository}:{Provisional}{Guid.NewGuid():N}";

    /// <summary>True for a tag that an image has only while it is being made.</summary>
    public static bool IsProvisional(string tag) => tag.Contains($":{Provisional}", StringComparison.Ordinal);

    /// <summary>Loads the image and gives it the tag that keeps it.</summary>
    /// <returns>The slug.</returns>
    public static async Task<Slug> LoadAsync(
        DockerClient docker, Settings settings, SlugParts parts, CancellationToken ct)
    {
        var stackImage = await docker.InspectImageAsync(BuildSpec.Image(parts.Stack, "run"), ct)
            ?? throw BuildRejectedException.MissingStack(parts.Stack, "run");
        var names = string.Join(", ", parts.Buildpacks.Select(b => b.Name));
        var repository = $"{settings.Namespace}/{parts.AppName}";

        // The id is known only once the image is made, so it is loaded under a name of its own first.
        var provisional = ProvisionalName(repository);
        var spec = new LayeredImageSpec
        {
            Layer = parts.Layer,
            Tag = provisional,
            Created = parts.CommittedAt,
            CreatedBy = $"{names} buildpack, commit {parts.Commit}",
            User = DynoUser.Container,
            WorkingDir = "/app",
            Labels = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
            [
                new("minipaas.namespace", settings.Namespace),
                new("minipaas.kind", "slug"),
                new("minipaas.app", $"{parts.AppId}"),
                new("minipaas.commit", parts.Commit),
                new("minipaas.stack", parts.Stack),
                new("minipaas.stack-image", stackImage.Id),
                new("minipaas.buildpacks", names),
                new KeyValuePair<string, string>("minipaas.process-types", JsonSerializer.Serialize(parts.Contents.ProcessTypes)),
            ]),
        };
        var id = await docker.LoadLayeredImageAsync(stackImage, spec, ct);
        var slug = new Slug(
            id,
            Image: "",
            parts.Commit,
            parts.Stack,
            stackImage.Id,
            parts.Buildpacks,
            parts.Contents.ProcessTypes,
            parts.Contents.Mounts,
            parts.Contents.Healthchecks,
            parts.Layer.Size);
        await docker.TagImageAsync(id, repository, slug.ShortId, ct);
        await docker.RemoveImageAsync(provisional, ct);
        return slug with { Image = $"{repository}:{slug.ShortId}" };
    }
}
