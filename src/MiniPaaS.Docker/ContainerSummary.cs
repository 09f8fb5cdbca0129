using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>One container as the list shows it.</summary>
public sealed record ContainerSummary
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name without the engine's leading slash; empty while it is being removed.</summary>
    public required string Name { get; init; }

    /// <summary>Reference it was created from, or the image's id when that reference has moved on.</summary>
    public required string Image { get; init; }

    /// <summary>Id of the image (sha256:...).</summary>
    public required string ImageId { get; init; }

    /// <summary>When it was created, to the second.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>created, running, paused, restarting, removing, exited or dead.</summary>
    public required string State { get; init; }

    /// <summary>The state in words, such as Exited (1) 3 minutes ago.</summary>
    public required string Status { get; init; }

    /// <summary>Labels of container and image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>none, host, container:(id), or the name of a network.</summary>
    public required string NetworkMode { get; init; }

    /// <summary>Network name to IPv4 address, for the networks in which it has one now.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = ImmutableDictionary<string, string>.Empty;
}
