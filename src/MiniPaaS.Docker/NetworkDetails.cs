using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>One network.</summary>
public sealed record NetworkDetails
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>bridge, host, null...</summary>
    public required string Driver { get; init; }

    /// <summary>First address range; null when it has none.</summary>
    public string? Subnet { get; init; }

    /// <summary>Address of the host in the first range; null when it has none.</summary>
    public string? Gateway { get; init; }

    /// <summary>Driver options as given at creation.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Ids of the running containers in it; always empty in a list.</summary>
    public ImmutableArray<string> ContainerIds { get; init; } = [];
}
