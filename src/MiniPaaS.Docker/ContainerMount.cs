namespace MiniPaaS.Docker;

/// <summary>Where a mount's content comes from.</summary>
public enum MountType
{
    /// <summary>A path of the host, which must exist.</summary>
    Bind,

    /// <summary>A volume of the engine, made on first use.</summary>
    Volume,

    /// <summary>Memory; gone with the container.</summary>
    Tmpfs,
}

/// <summary>One mount of a container.</summary>
public sealed record ContainerMount
{
    /// <summary>Where the content comes from.</summary>
    public MountType Type { get; init; } = MountType.Bind;

    /// <summary>Host path or volume name; null for a tmpfs or an anonymous volume.</summary>
    public string? Source { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Target { get; init; }

    /// <summary>Forbids writing.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Most bytes a tmpfs may hold.</summary>
    public long? SizeBytes { get; init; }
}
