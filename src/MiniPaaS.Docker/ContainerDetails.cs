using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>One container as inspect shows it.</summary>
public sealed record ContainerDetails
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name without the engine's leading slash.</summary>
    public required string Name { get; init; }

    /// <summary>Reference it was created from.</summary>
    public required string Image { get; init; }

    /// <summary>Id of the image (sha256:...).</summary>
    public required string ImageId { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>created, running, paused, restarting, removing, exited or dead.</summary>
    public required string Status { get; init; }

    /// <summary>Whether its first process lives; true while paused.</summary>
    public bool Running { get; init; }

    /// <summary>Exit code of the last run; 0 before the first.</summary>
    public int ExitCode { get; init; }

    /// <summary>Whether the last run ended for lack of memory.</summary>
    public bool OomKilled { get; init; }

    /// <summary>Why it could not be started; empty otherwise.</summary>
    public string Error { get; init; } = "";

    /// <summary>Its first process as the host numbers it; 0 when not running.</summary>
    public int Pid { get; init; }

    /// <summary>Start of the last run; null before the first.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>End of the last run; null when there is none.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Labels of container and image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>KEY=value entries of container and image.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>Whether its output is a terminal's.</summary>
    public bool Tty { get; init; }

    /// <summary>none, host, container:(id), or the name of a network.</summary>
    public required string NetworkMode { get; init; }

    /// <summary>Network name to IPv4 address, for the networks in which it has one now.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = ImmutableDictionary<string, string>.Empty;
}
