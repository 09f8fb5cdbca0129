using System.Formats.Tar;
using System.Text.Json;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>
/// An image archive of unknown origin (docker save's, or an OCI layout with a manifest.json), in a file. Its names are looked up and
/// never become paths; its layer is taken only when it has the digest that the archive's own config states.
/// </summary>
internal sealed class SlugArchive(string path)
{
    private const int MaxEntries = 10_000;
    private const int MaxJson = 4 << 20;

    /// <summary>Reads what the slug in it says of itself.</summary>
    /// <exception cref="SlugException">It is no archive of a slug.</exception>
    public async Task<SlugManifest> ReadManifestAsync(CancellationToken ct)
    {
        using var index = await ReadJsonAsync("manifest.json", ct);
        if (index.RootElement is not { ValueKind: JsonValueKind.Array } images || images.GetArrayLength() != 1
            || Text(images[0], "Config") is not { } configName)
        {
            throw NoSlug("its manifest.json does not name one image");
        }

        using var config = await ReadJsonAsync(configName, ct);
        if (Find(config.RootElement, "config", "Labels", SlugManifest.Label) is not { ValueKind: JsonValueKind.String } label
            || Find(config.RootElement, "rootfs", "diff_ids") is not { ValueKind: JsonValueKind.Array } layers)
        {
            throw NoSlug($"its image has no label {SlugManifest.Label}. Make one with `paas slugs:export`; another image is deployed with `paas deploy --archive FILE`");
        }

        var manifest = SlugManifest.Read(label.GetString()!);
        var position = layers.EnumerateArray().Select(layer => layer.ToString()).ToList().IndexOf(manifest.Layer);
        if (position < 0 || Find(images[0], "Layers") is not { ValueKind: JsonValueKind.Array } names || names.GetArrayLength() != layers.GetArrayLength())
        {
            throw NoSlug("its app layer is not among the layers of its image");
        }

        LayerName = names[position].ToString();
        return manifest;
    }

    /// <summary>Name of the app's layer in the archive; known once the manifest was read.</summary>
    private string LayerName { get; set; } = "";

    /// <summary>Writes the app's layer to a file.</summary>
    /// <param name="manifest">What the archive says of itself.</param>
    /// <param name="target">File to write.</param>
    /// <param name="limit">Most bytes that it may have.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="SlugException">It is not there, too large, or not what it is said to be.</exception>
    public async Task<LayerFile> ExtractLayerAsync(SlugManifest manifest, string target, long limit, CancellationToken ct)
    {
        LayerFile? layer = null;
        if (!await FindAsync(LayerName, async content => layer = await SlugLayer.SaveAsync(content, target, limit, ct), ct))
        {
            throw NoSlug("its app layer is missing");
        }

        if (layer is null)
        {
            throw new SlugException($"The app in the archive is larger than {ByteSize.Format(limit)}, which is the most that a slug may have.");
        }

        return layer.DiffId == manifest.Layer
            ? layer
            : throw new SlugException($"The archive is damaged or was tampered with: its app layer should be {manifest.Layer}, but is {layer.DiffId}.");
    }

    private async Task<JsonDocument> ReadJsonAsync(string name, CancellationToken ct)
    {
        JsonDocument? json = null;
        try
        {
            await FindAsync(name, async content => json = content.Length <= MaxJson ? await JsonDocument.ParseAsync(content, default, ct) : null, ct);
        }
        catch (JsonException e)
        {
            throw NoSlug($"{Shown(name)} in it is not JSON ({e.Message})");
        }

        return json ?? throw NoSlug($"it has no {Shown(name)} of a usable size");
    }

    // Engines older than 25 write a layer that several images share as a symlink to where it is: one step is followed.
    private async Task<bool> FindAsync(string name, Func<Stream, Task> use, CancellationToken ct, bool followed = false)
    {
        string? link = null;
        try
        {
            await using var file = File.OpenRead(path);
            await using var tar = new TarReader(file);
            for (var entries = 0; await tar.GetNextEntryAsync(copyData: false, ct) is { } entry; entries++)
            {
                if (entries == MaxEntries)
                {
                    throw NoSlug("it has too many entries");
                }

                if (entry.Name == name && entry.DataStream is { } content)
                {
                    await use(content);
                    return true;
                }

                if (entry.Name == name && entry.EntryType == TarEntryType.SymbolicLink)
                {
                    link = entry.LinkName.Replace("../", "", StringComparison.Ordinal);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw NoSlug($"it is not a complete tar file ({e.Message})");
        }

        return link is not null && !followed && await FindAsync(link, use, ct, followed: true);
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }

    private static string? Text(JsonElement element, string name) => Find(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static string Shown(string name) => name.Length <= 100 ? name : name[..100];

    private static SlugException NoSlug(string reason) => new($"The file is not an archive of a slug: {reason}.");
}
