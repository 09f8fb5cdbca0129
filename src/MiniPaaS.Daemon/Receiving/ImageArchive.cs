using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>
/// An image in a tar of unknown origin: docker save's, or an OCI image layout. The engine gets it with an index of the platform's, since one
/// of its own could take any name on this server.
/// </summary>
/// <param name="path">Path of the tar, uncompressed.</param>
/// <param name="config">Name of the image's config in it.</param>
/// <param name="layers">Names of its layers.</param>
internal sealed class ImageArchive(string path, string config, IReadOnlyList<string> layers)
{
    private const string DockerIndex = "manifest.json";
    private const string OciIndex = "index.json";
    private const string OciMark = "oci-layout";
    private const int MaxJson = 4 << 20;
    private const int MaxNesting = 3;

    private static readonly string[] Indexes = [DockerIndex, OciIndex, OciMark, "repositories"];

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>Looks whether a tar is an image; null when it is source, which may have a manifest.json of its own.</summary>
    /// <exception cref="SourceException">It is an archive of several images, or a broken one.</exception>
    public static async Task<ImageArchive?> FindAsync(string path, CancellationToken ct)
    {
        var indexes = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        try
        {
            await foreach (var entry in EntriesAsync(path, ct))
            {
                if (NameOf(entry) is { } name && Indexes.Contains(name) && await ReadAsync(entry, ct) is { } json)
                {
                    indexes[name] = json;
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            return null; // no tar: whoever reads it as source says so
        }

        return indexes.GetValueOrDefault(DockerIndex) is JsonArray images && images.Count > 0 && images.All(image => image is JsonObject o && o["Config"] is JsonValue && o["Layers"] is JsonArray)
                ? OfDocker(path, images)
            : indexes.ContainsKey(OciMark) && indexes.GetValueOrDefault(OciIndex) is JsonObject index ? await OfOciAsync(path, index, nesting: 0, ct)
            : null;
    }

    /// <summary>Writes it in docker save's form.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="tag">The one name that it gets.</param>
    /// <param name="ct">Ends it.</param>
    public async Task WriteAsync(Stream target, string tag, CancellationToken ct)
    {
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        await foreach (var entry in EntriesAsync(path, ct))
        {
            if (NameOf(entry) is { } name && !Indexes.Contains(name)
                && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                var type = entry.EntryType == TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType;
                var copy = new PaxTarEntry(type, name) { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
                if (type == TarEntryType.RegularFile)
                {
                    copy.DataStream = entry.DataStream;
                }
                else
                {
                    copy.LinkName = entry.LinkName;
                }

                await tar.WriteEntryAsync(copy, ct);
            }
        }

        var index = new JsonArray(new JsonObject
        {
            ["Config"] = config,
            ["RepoTags"] = new JsonArray(tag),
            ["Layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer)]),
        });
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(index.ToJsonString()));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, DockerIndex) { DataStream = text }, ct);
    }

    private static ImageArchive OfDocker(string path, JsonArray images) => images is [JsonObject image]
        ? new ImageArchive(path, Text(image["Config"]), [.. image["Layers"]!.AsArray().Select(Text)])
        : throw new SourceException($"The archive holds {images.Count} images; save one of them: docker save IMAGE.");

    // OCI image spec, "image layout": index -> manifest (perhaps by an index of platforms) -> config and layers, by digest.
    private static async Task<ImageArchive> OfOciAsync(string path, JsonObject index, int nesting, CancellationToken ct)
    {
        var manifests = (index["manifests"] as JsonArray ?? []).OfType<JsonObject>().Where(IsOurs).ToArray();
        if (manifests is not [var chosen] || nesting == MaxNesting)
        {
            throw new SourceException(manifests.Length == 0
                ? $"The archive holds no image for linux/{Architecture}."
                : $"The archive holds {manifests.Length} images; deploy one with one image.");
        }

        var manifest = await BlobAsync(path, Text(chosen["digest"]), ct);
        return manifest["manifests"] is JsonArray ? await OfOciAsync(path, manifest, nesting + 1, ct)
            : new ImageArchive(path, BlobName(Text(manifest["config"]?["digest"])), [.. (manifest["layers"] as JsonArray ?? []).Select(layer => BlobName(Text(layer?["digest"])))]);
    }

    private static bool IsOurs(JsonObject manifest) =>
        manifest["platform"] is not JsonObject platform || (Text(platform["os"]), Text(platform["architecture"])) == ("linux", Architecture);

    private static async Task<JsonObject> BlobAsync(string path, string digest, CancellationToken ct)
    {
        var blob = BlobName(digest);
        await foreach (var entry in EntriesAsync(path, ct))
        {
            if (NameOf(entry) == blob)
            {
                return await ReadAsync(entry, ct) as JsonObject ?? throw new SourceException($"{blob} in the archive is not what its index says.");
            }
        }

        throw new SourceException($"The archive is not whole: it lacks {blob}.");
    }

    private static string BlobName(string digest) => $"blobs/{digest.Replace(':', '/')}";

    private static async IAsyncEnumerable<TarEntry> EntriesAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        await using var tar = new TarReader(file);
        while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            yield return entry;
        }
    }

    private static async Task<JsonNode?> ReadAsync(TarEntry entry, CancellationToken ct)
    {
        try
        {
            return entry.DataStream is { Length: <= MaxJson } content ? await JsonNode.ParseAsync(content, cancellationToken: ct) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string NameOf(TarEntry entry) => entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
