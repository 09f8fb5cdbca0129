using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>Gets out of the engine what is in slugs.</summary>
internal sealed class SlugImages(DockerClient docker, Settings settings)
{
    /// <summary>Digest of the slug's own layer, uncompressed; null when the image is gone.</summary>
    public async Task<string?> LayerOfAsync(Slug slug, CancellationToken ct) =>
        (await docker.InspectImageAsync(slug.Id, ct))?.RootFS.Layers.LastOrDefault();

    /// <summary>What is in a slug.</summary>
    public Task<ImmutableArray<SlugFile>> FilesOfAsync(Slug slug, CancellationToken ct) => slug.IsContainer
        ? ReadAsync(slug.Id, "/", SlugFiles.ReadSystemAsync, ct)
        : ReadAsync(slug.Id, "/app", SlugFiles.ReadAsync, ct);

    /// <summary>
    /// Makes a slug's layer once more from the files that the engine has of it. Layers are normalised, so that the same files give the
    /// same bytes; whether they did is checked.
    /// </summary>
    /// <param name="slug">The slug.</param>
    /// <param name="directory">An empty directory for the files and the layer.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="SlugException">The layer came out differently.</exception>
    public async Task<(LayerFile Layer, DateTimeOffset CommittedAt)> RestoreLayerAsync(Slug slug, string directory, CancellationToken ct)
    {
        var image = await docker.InspectImageAsync(slug.Id, ct)
            ?? throw new SlugException($"The image of slug {slug.ShortId} is gone from the Docker Engine. Push the app again.");
        var files = Path.Combine(directory, "files");
        DynoUser.CreateDirectory(files);
        await ReadAsync(slug.Id, "/app", (tar, token) => UnpackAsync(tar, files, token), ct);
        var (layer, _) = await SlugLayer.WriteAsync(
            Path.Combine(files, "app"), Path.Combine(directory, "layer.tar"), image.Created, long.MaxValue, ct);
        return layer?.DiffId == image.RootFS.Layers[^1]
            ? (layer, image.Created)
            : throw new SlugException($"The layer of slug {slug.ShortId} cannot be had back from the Docker Engine bit for bit. Push the app again.");
    }

    /// <summary>Unpacks a tar of an app into a directory of the dyno user's, with that user's rights only.</summary>
    public static async Task<string> UnpackAsync(Stream tar, string directory, CancellationToken ct)
    {
        await using var unpack = DynoUser.Start(directory, "tar", "--extract", "--preserve-permissions", "--no-same-owner", "--file=-");
        try
        {
            await tar.CopyToAsync(unpack.Input, ct);
            unpack.Input.Close();
        }
        catch (IOException)
        {
            // tar has ended: its exit code says why.
        }

        await unpack.EnsureSuccessAsync(ct);
        return directory;
    }

    /// <summary>Reads a path of an image through a container that is never started.</summary>
    public async Task<T> ReadAsync<T>(string image, string path, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        var labels = BuildSpec.Labels(settings).Select(label => label.Split('=', 2)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        var name = $"{settings.Namespace}-read-{Guid.NewGuid():N}";
        try
        {
            var id = await docker.CreateContainerAsync(
                name, new ContainerSpec { Image = image, Command = ["true"], Labels = labels, NetworkMode = "none" }, CancellationToken.None);
            return await docker.ReadArchiveAsync(id, path, read, ct);
        }
        finally
        {
            await docker.RemoveContainerAsync(name, CancellationToken.None);
        }
    }
}

/// <summary>Something about a slug cannot be done; the message is for the user.</summary>
internal sealed class SlugException(string message) : Exception(message);
