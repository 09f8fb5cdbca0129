using System.Collections.Immutable;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Which buildpacks an app is built with, by whoever has the first word on it.</summary>
/// <param name="Packs">In the order they run; of a detection, in the order they are tried.</param>
/// <param name="IsDetection">True when the first that applies builds, false when all of them do.</param>
/// <param name="IsPinned">True when an earlier detection chose.</param>
internal sealed record PackChoice(ImmutableArray<PackReference> Packs, bool IsDetection, bool IsPinned)
{
    private const int MaxFile = 64 * 1024;
    private const int MaxPacks = 20;

    /// <summary>
    /// The app's setting, else the config var BUILDPACK_URL, else app.json, else the file .buildpacks, else what was detected before,
    /// else a detection.
    /// </summary>
    /// <param name="request">The build.</param>
    /// <param name="source">The app's source.</param>
    /// <param name="references">Understands what was written.</param>
    /// <exception cref="BuildRejectedException">A pack cannot be understood, or a file not be read.</exception>
    public static PackChoice Of(BuildRequest request, UntrustedTree source, PackReferences references)
    {
        var (origin, words) = Words(request, source);
        if (words.Count > MaxPacks)
        {
            throw new BuildRejectedException(
                "Too many buildpacks.", $"{origin} names {words.Count} buildpacks; an app can have at most {MaxPacks}.");
        }

        var packs = words.Select(word => references.TryParse(word, out var reference, out var error)
            ? reference
            : throw new BuildRejectedException($"A buildpack cannot be used: {error}", $"A buildpack that {origin} names cannot be used.", error)).ToImmutableArray();
        return !packs.IsEmpty ? new PackChoice(packs, IsDetection: false, IsPinned: false)
            : request.PinnedBuildpack is { } pinned && references.TryParse(pinned, out var before, out _)
                ? new PackChoice([before], IsDetection: false, IsPinned: true)
                : new PackChoice([.. references.Detection], IsDetection: true, IsPinned: false);
    }

    private static (string Origin, IReadOnlyList<string> Words) Words(BuildRequest request, UntrustedTree source)
    {
        if (!request.Buildpacks.IsDefaultOrEmpty)
        {
            return ("the app's setting (`paas buildpacks`)", request.Buildpacks);
        }

        if (request.ConfigVars.Find("BUILDPACK_URL") is { } url && !string.IsNullOrWhiteSpace(url.Reveal()))
        {
            return ("the config var BUILDPACK_URL", [url.Reveal()]);
        }

        return AppJson(source) is { Count: > 0 } listed ? ("app.json", listed) : (".buildpacks", File(source));
    }

    private static List<string> AppJson(UntrustedTree source)
    {
        try
        {
            using var json = JsonDocument.Parse((Read(source, "app.json") ?? "{}").TrimStart('\uFEFF'));
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("buildpacks", out var packs) && packs.ValueKind == JsonValueKind.Array
                    ? [.. packs.EnumerateArray().Select(Url).OfType<string>()]
                    : [];
        }
        catch (JsonException)
        {
            // Warned of when the built tree is read.
            return [];
        }
    }

    private static string? Url(JsonElement pack) =>
        pack.ValueKind == JsonValueKind.String ? pack.GetString()
        : pack.ValueKind == JsonValueKind.Object && pack.TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString()
        : null;

    private static List<string> File(UntrustedTree source) =>
    [
        .. (Read(source, ".buildpacks") ?? "").TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n')
            .Where(line => !line.TrimStart().StartsWith('#'))
            .SelectMany(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
    ];

    private static string? Read(UntrustedTree source, string path)
    {
        try
        {
            return source.ReadText(path, MaxFile);
        }
        catch (UntrustedFileException e)
        {
            throw new BuildRejectedException(e.Message, e.Message);
        }
    }
}
