using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>One image as the list shows it.</summary>
public sealed record ImageSummary
{
    /// <summary>sha256:... of its config.</summary>
    public required string Id { get; init; }

    /// <summary>repository:tag names it has now; empty when it has lost them all.</summary>
    public ImmutableArray<string> RepoTags { get; init; } = [];

    /// <summary>When it was made, by its own account, to the second.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Bytes of all files in all layers, those shared with other images included.</summary>
    public long Size { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}
