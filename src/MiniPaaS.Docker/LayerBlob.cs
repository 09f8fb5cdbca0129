using System.Collections.Immutable;
using System.Text.Json;

namespace MiniPaaS.Docker;

/// <summary>A layer as an image manifest describes it (OCI image spec, "descriptor").</summary>
/// <param name="MediaType">Says how it is compressed.</param>
/// <param name="Digest">sha256:... of the blob; of the layer's tar only where that is not compressed.</param>
/// <param name="Size">The blob's length in bytes; 0 where it is not known.</param>
public sealed record LayerBlob(string MediaType, string Digest, long Size)
{
    private const string Tar = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>A layer that only the archive itself knows as a blob.</summary>
    public static LayerBlob Of(LayerFile layer) => new(Tar, layer.DiffId, layer.Size);

    /// <summary>A layer that the engine keeps unpacked: it has no blob, and skips it by the digest of its tar.</summary>
    public static LayerBlob Absent(string diffId) => new(Tar, diffId, 0);

    /// <summary>The layers of a manifest, lowest first.</summary>
    /// <exception cref="JsonException">It is no manifest.</exception>
    internal static async Task<ImmutableArray<LayerBlob>> ReadAsync(Stream manifest, CancellationToken ct)
    {
        var read = await JsonSerializer.DeserializeAsync(manifest, DockerJson.Default.ImageManifest, ct);
        return [.. read!.Layers.Select(layer => new LayerBlob(layer.MediaType, layer.Digest, layer.Size))];
    }
}
