using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>A bridge network to make.</summary>
public sealed record NetworkSpec
{
    /// <summary>Name, unique in the engine.</summary>
    public required string Name { get; init; }

    /// <summary>Address range such as 10.1.0.0/16; null: the engine picks one.</summary>
    public string? Subnet { get; init; }

    /// <summary>Address of the host in it; null: the first one.</summary>
    public string? Gateway { get; init; }

    /// <summary>Whether containers of this network reach one another.</summary>
    public bool IccEnabled { get; init; } = true;

    /// <summary>Name of the bridge interface (at most 15 characters), for firewall rules; null: the engine picks one.</summary>
    public string? BridgeName { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}
