using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>
/// Makes slugs of images that no buildpack made. The slug has the layers of its image and a config of the platform's: what an image
/// declares of volumes, health checks and triggers for other builds does not come along. The same image and commands give the same slug.
/// </summary>
internal sealed class ContainerImage(DockerClient docker, Settings settings)
{
    private static readonly string[] Shell = ["/bin/sh", "-c"];

    /// <summary>The process types of an image: what it runs by itself is <c>web</c>, unless a command was given for that.</summary>
    /// <param name="config">The image's config.</param>
    /// <param name="given">Commands by process type. As Docker does, the image's ENTRYPOINT is put before them.</param>
    /// <exception cref="BuildRejectedException">There is none.</exception>
    public static ImmutableSortedDictionary<string, string> ProcessTypes(ImageConfig config, IReadOnlyDictionary<string, string> given)
    {
        // ENTRYPOINT in its shell form takes no arguments: a command would be lost behind it.
        var entrypoint = config.Entrypoint.Take(2).SequenceEqual(Shell) ? [] : config.Entrypoint;
        var types = given.ToImmutableSortedDictionary(
            type => type.Key, type => ExecForm.Write([.. entrypoint, .. ExecForm.Words(type.Value)]), StringComparer.Ordinal).ToBuilder();
        if (!types.ContainsKey(Formation.Web) && (!config.Entrypoint.IsEmpty || !config.Cmd.IsEmpty))
        {
            types[Formation.Web] = ExecForm.Write([.. config.Entrypoint, .. config.Cmd]);
        }

        return types.Count > 0
            ? types.ToImmutable()
            : throw new BuildRejectedException(
                "The image does not say what it runs.", "The image has neither ENTRYPOINT nor CMD. Say how it is started: --process web=COMMAND.");
    }

    /// <summary>Makes the slug.</summary>
    /// <param name="appId">App that it is for.</param>
    /// <param name="appName">Name of the app.</param>
    /// <param name="source">The image.</param>
    /// <param name="origin">What made the image, in the place of a buildpack.</param>
    /// <param name="processTypes">Commands in exec form by process type.</param>
    /// <param name="commit">Commit that it was built from; empty when it was built elsewhere.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="BuildRejectedException">It cannot run on this machine.</exception>
    public async Task<Slug> MakeAsync(
        long appId, string appName, ImageDetails source, Buildpack origin, ImmutableSortedDictionary<string, string> processTypes, string commit, CancellationToken ct)
    {
        if (source.Os != "linux" || source.Architecture != Architecture)
        {
            throw new BuildRejectedException(
                $"The image is made for {source.Os}/{source.Architecture}.",
                $"The image is made for {source.Os}/{source.Architecture}; this server runs linux/{Architecture}.");
        }

        var repository = $"{settings.Namespace}/{appName}";
        var provisional = SlugImage.ProvisionalName(repository);
        var id = await docker.LoadLayeredImageAsync(source, Spec(appId, source, origin, processTypes, commit, provisional), ct);
        var slug = new Slug(
            id, Image: "", commit, Slug.ContainerStack, source.Id, [origin], processTypes, Mounts: [], Healthchecks: null, source.Size);
        await docker.TagImageAsync(id, repository, slug.ShortId, ct);
        await docker.RemoveImageAsync(provisional, ct);
        return slug with { Image = $"{repository}:{slug.ShortId}" };
    }

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private LayeredImageSpec Spec(
        long appId, ImageDetails source, Buildpack origin, ImmutableSortedDictionary<string, string> processTypes, string commit, string tag) => new()
    {
        Layer = null,
        Tag = tag,
        Created = source.Created,
        User = DynoUser.Container,
        Labels = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
        [
            new("minipaas.namespace", settings.Namespace),
            new("minipaas.kind", "slug"),
            new("minipaas.app", $"{appId}"),
            new("minipaas.commit", commit),
            new("minipaas.stack", Slug.ContainerStack),
            new("minipaas.stack-image", source.Id),
            new("minipaas.buildpacks", origin.Name),
            new("minipaas.exposes", string.Join(' ', source.Config.ExposedPorts.Where(port => !port.EndsWith("/udp", StringComparison.Ordinal)).Select(port => port.Split('/')[0]))),
            new KeyValuePair<string, string>("minipaas.process-types", JsonSerializer.Serialize(processTypes)),
        ]),
    };
}
