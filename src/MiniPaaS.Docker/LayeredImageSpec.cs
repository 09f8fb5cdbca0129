using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>A layer as a file.</summary>
/// <param name="Path">Path of the uncompressed tar.</param>
/// <param name="DiffId">sha256:(hexadecimal digest of that tar).</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record LayerFile(string Path, string DiffId, long Size);

/// <summary>An image that is a base image plus one layer.</summary>
public sealed record LayeredImageSpec
{
    /// <summary>The layer to add; null: the image differs from its base in its config alone.</summary>
    public required LayerFile? Layer { get; init; }

    /// <summary>Digests of the layers to add.</summary>
    internal ImmutableArray<string> Layers => Layer is null ? [] : [Layer.DiffId];

    /// <summary>repository:tag to give it.</summary>
    public required string Tag { get; init; }

    /// <summary>When it was made: part of its id, so take a time that belongs to the content.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Labels, over those of the base.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>KEY=value entries, over those of the base.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>Program and arguments; empty: those of the base.</summary>
    public ImmutableArray<string> Cmd { get; init; } = [];

    /// <summary>uid:gid or name; null: that of the base.</summary>
    public string? User { get; init; }

    /// <summary>Directory the command starts in; null: that of the base.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>What made the layer, for docker history.</summary>
    public string CreatedBy { get; init; } = "";
}
