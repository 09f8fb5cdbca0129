using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>What a container is to be. Zero, null and empty mean the engine's default.</summary>
public sealed record ContainerSpec
{
    /// <summary>Image reference or id; must be present, nothing is pulled.</summary>
    public required string Image { get; init; }

    /// <summary>Arguments; empty: those of the image.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Null: that of the image. Empty: none.</summary>
    public ImmutableArray<string>? Entrypoint { get; init; }

    /// <summary>KEY=value entries, over those of the image.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>uid:gid or a name known to the image's passwd file.</summary>
    public string? User { get; init; }

    /// <summary>Directory the command starts in.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Labels, over those of the image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Runs the command on a terminal; its output is then one channel.</summary>
    public bool Tty { get; init; }

    /// <summary>Keeps stdin open although nobody is attached.</summary>
    public bool OpenStdin { get; init; }

    /// <summary>Puts an init at PID 1 that forwards signals and reaps: without it a command that ignores SIGTERM as PID 1 never stops in time.</summary>
    public bool Init { get; init; }

    /// <summary>Mounts the image read-only.</summary>
    public bool ReadOnlyRootfs { get; init; }

    /// <summary>Capabilities to take away, such as ALL.</summary>
    public ImmutableArray<string> CapDrop { get; init; } = [];

    /// <summary>Capabilities to grant.</summary>
    public ImmutableArray<string> CapAdd { get; init; } = [];

    /// <summary>Such as no-new-privileges.</summary>
    public ImmutableArray<string> SecurityOpt { get; init; } = [];

    /// <summary>Memory limit in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Limit of memory plus swap in bytes; equal to <see cref="MemoryBytes"/> means no swap, 0 means twice as much, -1 no limit.</summary>
    public long MemorySwapBytes { get; init; }

    /// <summary>CPU limit in billionths of one CPU.</summary>
    public long NanoCpus { get; init; }

    /// <summary>Most processes and threads at once.</summary>
    public long PidsLimit { get; init; }

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmSizeBytes { get; init; }

    /// <summary>-1000 (never) to 1000 (first): who is killed when the host runs out of memory.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Resource limits of the processes.</summary>
    public ImmutableArray<ContainerUlimit> Ulimits { get; init; } = [];

    /// <summary>Directories of the host, volumes and tmpfs.</summary>
    public ImmutableArray<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Path to mount options, such as /tmp to rw,nosuid,size=64m. Files the image has there are hidden.</summary>
    public IReadOnlyDictionary<string, string> Tmpfs { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>none, host, container:(id), or the name of a network; null: the default bridge.</summary>
    public string? NetworkMode { get; init; }

    /// <summary>Fixed address in the network that <see cref="NetworkMode"/> names.</summary>
    public string? IPv4Address { get; init; }

    /// <summary>Name servers.</summary>
    public ImmutableArray<string> Dns { get; init; } = [];

    /// <summary>host:address entries of /etc/hosts.</summary>
    public ImmutableArray<string> ExtraHosts { get; init; } = [];

    /// <summary>Null: the first 12 digits of the id. Not allowed with container:(id).</summary>
    public string? Hostname { get; init; }

    /// <summary>none, json-file, local...; null: the engine's default.</summary>
    public string? LogDriver { get; init; }

    /// <summary>Options of <see cref="LogDriver"/>.</summary>
    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Seconds between SIGTERM and SIGKILL when a stop, or the engine's own end, names none.</summary>
    public int? StopTimeout { get; init; }
}

/// <summary>One resource limit, such as nofile.</summary>
/// <param name="Name">Name as setrlimit knows it, in lower case without RLIMIT_.</param>
/// <param name="Soft">Limit in force; -1: none.</param>
/// <param name="Hard">Highest value the process may raise it to; -1: none.</param>
public sealed record ContainerUlimit(string Name, long Soft, long Hard);
