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

    /// <summary>True for a tag that an image has only while it is being made.</summary>
    public static bool IsProvisional(string tag) => tag.Contains($":{Provisional}", StringComparison.Ordinal);

    /// <summary>Loads the image and gives it the tag that keeps it.</summary>
    /// <returns>The slug.</returns>
    public static async Task<Slug> LoadAsync(
        DockerClient docker, Settings settings, BuildRequest request, ImmutableArray<Buildpack> buildpacks, string stack, SlugContents contents,
        LayerFile layer, CancellationToken ct)
    {
        var stackImage = await docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct)
            ?? throw BuildRejectedException.MissingStack(stack, "run");
        var names = string.Join(", ", buildpacks.Select(b => b.Name));
        var repository = $"{settings.Namespace}/{request.AppName}";

        // The id is known only once the image is made, so it is loaded under a name of the build's first.
        var provisional = $"{repository}:{Provisional}{request.BuildId}";
        var spec = new LayeredImageSpec
        {
            Layer = layer,
            Tag = provisional,
            Created = request.CommittedAt,
            CreatedBy = $"{names} buildpack, commit {request.Commit}",
            User = DynoUser.Container,
            WorkingDir = "/app",
            Labels = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
            [
                new("minipaas.namespace", settings.Namespace),
                new("minipaas.kind", "slug"),
                new("minipaas.app", $"{request.AppId}"),
                new("minipaas.commit", request.Commit),
                new("minipaas.stack", stack),
                new("minipaas.stack-image", stackImage.Id),
                new("minipaas.buildpacks", names),
                new KeyValuePair<string, string>("minipaas.process-types", JsonSerializer.Serialize(contents.ProcessTypes)),
            ]),
        };
        var id = await docker.LoadLayeredImageAsync(stackImage, spec, ct);
        var slug = new Slug(
            id,
            Image: "",
            request.Commit,
            stack,
            stackImage.Id,
            buildpacks,
            contents.ProcessTypes,
            contents.Mounts,
            contents.Healthchecks,
            layer.Size);
        await docker.TagImageAsync(id, repository, slug.ShortId, ct);
        await docker.RemoveImageAsync(provisional, ct);
        return slug with { Image = $"{repository}:{slug.ShortId}" };
    }
}
