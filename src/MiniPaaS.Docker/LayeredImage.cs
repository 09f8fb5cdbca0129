using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MiniPaaS.Docker;

/// <summary>
/// Writes an image archive that holds one new layer over a base which the engine already has. The same base and spec give the same image id.
/// The archive is both kinds at once: manifest.json for engines that keep layers in graph drivers, an OCI layout for those that keep them in containerd.
/// </summary>
public static class LayeredImage
{
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>Writes the archive for <see cref="DockerClient.LoadImageAsync(Stream, CancellationToken)"/>.</summary>
    /// <param name="output">Gets the archive.</param>
    /// <param name="baseImage">The base.</param>
    /// <param name="baseLayers">The layers of the base as the engine has them, lowest first.</param>
    /// <param name="spec">The layer to add, and what else the image is.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>sha256 of its config, which is its id where the engine keeps images in a graph driver.</returns>
    /// <exception cref="IOException">The layer's file is not the one that was measured.</exception>
    public static async Task<string> WriteAsync(
        Stream output, ImageDetails baseImage, IReadOnlyList<LayerBlob> baseLayers, LayeredImageSpec spec, CancellationToken ct)
    {
        await using var layer = Open(spec.Layer);
        var config = LayeredImageConfig.Write(baseImage, spec);
        var configDigest = Digest(config);
        string[] diffIds = [.. baseImage.RootFS.Layers, .. spec.Layers];
        var manifest = WriteManifest(configDigest, config.Length, [.. baseLayers, .. spec.Layer is { } added ? [LayerBlob.Of(added)] : Array.Empty<LayerBlob>()]);

        await using var tar = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true);
        await AddAsync(tar, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), ct);
        await AddAsync(tar, BlobPath(configDigest), config, ct);
        await AddAsync(tar, BlobPath(Digest(manifest)), manifest, ct);
        if (spec.Layer is { } own && layer is not null)
            await AddAsync(tar, BlobPath(own.DiffId), layer, ct);
        await AddAsync(tar, "index.json", WriteIndex(manifest, spec.Tag), ct);
        await AddAsync(tar, "manifest.json", WriteDockerManifest(configDigest, diffIds, spec.Tag), ct);
        return configDigest;
    }

    private static FileStream? Open(LayerFile? layer)
    {
        if (layer is null)
            return null;
        var file = new FileStream(layer.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        if (file.Length == layer.Size)
            return file;
        using (file)
            throw new IOException($"the layer {layer.Path} has {file.Length} bytes, not {layer.Size}: it changed after it was measured");
    }

    /// <summary>The engine skips the paths of layers it has, so those of the base need not be in the archive.</summary>
    private static byte[] WriteDockerManifest(string configDigest, string[] diffIds, string tag) => JsonBytes.Write(json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("Config", BlobPath(configDigest));
        json.WriteStrings("RepoTags", [tag]);
        json.WriteStrings("Layers", diffIds.Select(BlobPath));
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static byte[] WriteManifest(string configDigest, int configSize, LayerBlob[] layers) => JsonBytes.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", OciManifest);
        json.WriteStartObject("config");
        WriteDescriptor(json, OciConfig, configDigest, configSize);
        json.WriteEndObject();
        json.WriteStartArray("layers");
        // Those of the base need not be in the archive: an engine that has a layer unpacked does not look for its blob.
        foreach (var layer in layers)
        {
            json.WriteStartObject();
            WriteDescriptor(json, layer.MediaType, layer.Digest, layer.Size);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static byte[] WriteIndex(byte[] manifest, string tag) => JsonBytes.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", OciIndex);
        json.WriteStartArray("manifests");
        json.WriteStartObject();
        WriteDescriptor(json, OciManifest, Digest(manifest), manifest.Length);
        json.WriteStartObject("annotations");
        json.WriteString("io.containerd.image.name", FullName(tag));
        json.WriteString("org.opencontainers.image.ref.name", tag[(tag.LastIndexOf(':') + 1)..]);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteDescriptor(Utf8JsonWriter json, string mediaType, string digest, long size)
    {
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", digest);
        json.WriteNumber("size", size);
    }

    /// <summary>containerd knows images only by names with a registry, where Docker leaves its default out.</summary>
    private static string FullName(string tag)
    {
        var slash = tag.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return "docker.io/library/" + tag;
        var first = tag[..slash];
        return first == "localhost" || first.AsSpan().ContainsAny('.', ':') ? tag : "docker.io/" + tag;
    }

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    internal static string BlobPath(string digest) => "blobs/" + digest.Replace(':', '/');

    private static async Task AddAsync(TarWriter tar, string name, byte[] content, CancellationToken ct)
    {
        using var data = new MemoryStream(content, writable: false);
        await AddAsync(tar, name, data, ct);
    }

    private static Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken ct) =>
        tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch }, ct);
}
