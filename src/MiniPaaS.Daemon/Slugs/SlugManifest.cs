using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>What an exported slug says of itself, in the label <see cref="Label"/> of its image. Whoever imports it believes none of it unchecked.</summary>
internal sealed partial record SlugManifest
{
    public const string Label = "minipaas.slug";

    /// <summary>Longest manifest in characters.</summary>
    public const int MaxSize = 1 << 20;

    private const int MaxBuildpacks = 50;

    public required string Commit { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }

    public required string Stack { get; init; }

    public required ImmutableArray<Buildpack> Buildpacks { get; init; }

    public required ImmutableSortedDictionary<string, string> ProcessTypes { get; init; }

    /// <summary>Runtimes that are in the archive beside the app, as in <c>dotnet</c>.</summary>
    public required ImmutableArray<string> Mounts { get; init; }

    public string? Healthchecks { get; init; }

    /// <summary>Digest of the app's layer.</summary>
    public required string Layer { get; init; }

    public SlugInputs? Inputs { get; init; }

    /// <summary>The manifest of a slug.</summary>
    /// <param name="known">The slug.</param>
    /// <param name="layer">Digest of its layer.</param>
    /// <param name="committedAt">Time of its commit.</param>
    public static SlugManifest Of(KnownSlug known, string layer, DateTimeOffset committedAt) => new()
    {
        Commit = known.Slug.Commit,
        CommittedAt = committedAt,
        Stack = known.Slug.Stack,
        Buildpacks = known.Slug.Buildpacks,
        ProcessTypes = known.Slug.ProcessTypes,
        Mounts = [.. known.Slug.Mounts.Select(mount => mount.Split('-')[0])],
        Healthchecks = known.Slug.Healthchecks,
        Layer = layer,
        Inputs = known.Inputs,
    };

    public string Write() => JsonSerializer.Serialize(this);

    /// <summary>Reads a manifest of unknown origin.</summary>
    /// <exception cref="SlugException">It is none, or says what no slug can be.</exception>
    public static SlugManifest Read(string text)
    {
        try
        {
            var manifest = text.Length <= MaxSize ? JsonSerializer.Deserialize<SlugManifest>(text) : null;
            return manifest?.Reject() is null && manifest is not null
                ? manifest
                : throw new SlugException($"The archive is not a slug that can be run: {manifest?.Reject() ?? "it says too much of itself"}.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new SlugException($"The archive is not a slug of this platform: what it says of itself cannot be read ({e.Message}).");
        }
    }

    public SlugContents Contents => new(ProcessTypes, Mounts, Healthchecks);

    private string? Reject() =>
        Buildpacks.IsDefault || Mounts.IsDefault || ProcessTypes is null || Stack is null || Commit is null || Layer is null ? "it lacks a part"
        : Buildpacks.Contains(null!) || Buildpacks.Any(pack => pack.Name is null || pack.Pack is null || pack.Digest is null) ? "a buildpack of it has no name"
        : !CommitId().IsMatch(Commit) ? "its commit is none"
        : !Digest().IsMatch(Layer) ? "its layer has no digest"
        : Buildpacks.Length > MaxBuildpacks ? "it has too many buildpacks"
        : ProcessTypes.FirstOrDefault(type => !IsProcessType(type)) is { Key: { } name } ? $"\"{name}\" is no process type with a command of one line"
        : Mounts.Any(mount => mount != "dotnet") ? "it asks for an unknown runtime"
        : Inputs is { } inputs && !IsWhole(inputs) ? "what it was made from lacks a part"
        : Healthchecks is { } checks && !IsObject(checks) ? "its health checks are none"
        : null;

    private static bool IsProcessType(KeyValuePair<string, string> type) =>
        Procfile.IsType(type.Key) && !string.IsNullOrWhiteSpace(type.Value) && !type.Value.AsSpan().ContainsAny('\n', '\0');

    private static bool IsWhole(SlugInputs inputs) =>
        !inputs.Buildpacks.IsDefaultOrEmpty && inputs.Buildpacks.All(pack => pack is { Pack: not null, Digest: not null })
        && !inputs.Stacks.IsDefault && inputs.Stacks.All(stack => stack is { Name: not null })
        && !inputs.Dotnet.IsDefault && !inputs.ConfigVars.IsDefault && inputs is { Driver: not null, Tree: not null, Source: not null };

    private static bool IsObject(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    [GeneratedRegex(@"^[0-9a-f]{40}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CommitId();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Digest();
}
