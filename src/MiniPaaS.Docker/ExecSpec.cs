using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>A further command in a running container.</summary>
public sealed record ExecSpec
{
    /// <summary>Program and arguments.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>KEY=value entries, over those of the container.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>uid:gid or a name; null: that of the container.</summary>
    public string? User { get; init; }

    /// <summary>Directory the command starts in; null: that of the container.</summary>
    public string? WorkingDir { get; init; }
}
