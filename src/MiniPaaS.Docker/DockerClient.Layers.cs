using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Tar;
using System.Text.Json;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    // An image never changes, so what was read once holds as long as the image is there.
    private readonly ConcurrentDictionary<string, ImmutableArray<LayerBlob>> _layers = [];
    private bool? _keepsBlobs;

    /// <summary>
    /// The layers of an image as its manifest names them. An engine that keeps images in containerd has them as blobs, mostly compressed, and an
    /// image that is to be saved again must name those. Other engines know a layer only by its content.
    /// </summary>
    private async Task<ImmutableArray<LayerBlob>> GetLayersAsync(ImageDetails image, CancellationToken ct)
    {
        _keepsBlobs ??= (await GetInfoAsync(ct)).KeepsImagesInContainerd;
        if (!_keepsBlobs.Value)
            return [.. image.RootFS.Layers.Select(LayerBlob.Absent)];
        if (!_layers.TryGetValue(image.Id, out var layers))
            _layers[image.Id] = layers = await ReadLayersAsync(image, ct);
        return layers;
    }

    /// <summary>No call of the API gives a manifest, but an image's archive holds it, and there the image's id is the manifest's digest.</summary>
    private async Task<ImmutableArray<LayerBlob>> ReadLayersAsync(ImageDetails image, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/images/{EscapePath(image.Id)}/get", content: null, ct);
        try
        {
            await using var archive = await response.Content.ReadAsStreamAsync(ct);
            await using var tar = new TarReader(archive);
            while (await tar.GetNextEntryAsync(cancellationToken: ct) is { } entry)
            {
                if (entry.Name == LayeredImage.BlobPath(image.Id) && entry.DataStream is { } manifest)
                    return await LayerBlob.ReadAsync(manifest, ct);
            }
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException or HttpRequestException)
        {
            throw Broken(e);
        }
        throw new DockerException(status: null, $"the Docker Engine's archive of image {image.Id} lacks the image's manifest");
    }
}
