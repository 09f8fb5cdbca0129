using System.Collections.Immutable;

namespace MiniPaaS.Docker;

/// <summary>One image as inspect shows it.</summary>
public sealed record ImageDetails
{
    /// <summary>sha256:... of its config, or of its manifest where the engine keeps images in containerd.</summary>
    public required string Id { get; init; }

    /// <summary>repository:tag names it has now.</summary>
    public ImmutableArray<string> RepoTags { get; init; } = [];

    /// <summary>repository@digest names under which registries know it.</summary>
    public ImmutableArray<string> RepoDigests { get; init; } = [];

    /// <summary>When it was made, by its own account.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Go's name of the architecture, such as amd64.</summary>
    public required string Architecture { get; init; }

    /// <summary>Go's name of the operating system: linux.</summary>
    public required string Os { get; init; }

    /// <summary>Bytes of all files in all layers.</summary>
    public long Size { get; init; }

    /// <summary>What its containers get unless they say otherwise.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>Its layers.</summary>
    public required ImageRootFS RootFS { get; init; }
}

/// <summary>What an image's containers get unless they say otherwise.</summary>
public sealed record ImageConfig
{
    /// <summary>KEY=value entries.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>Program and arguments, or the arguments of <see cref="Entrypoint"/>.</summary>
    public ImmutableArray<string> Cmd { get; init; } = [];

    /// <summary>Program put before the command.</summary>
    public ImmutableArray<string> Entrypoint { get; init; } = [];

    /// <summary>uid:gid or name; empty: root.</summary>
    public string User { get; init; } = "";

    /// <summary>Directory the command starts in; empty: the root directory.</summary>
    public string WorkingDir { get; init; } = "";

    /// <summary>Signal that asks the command to end; empty: SIGTERM.</summary>
    public string StopSignal { get; init; } = "";

    /// <summary>Ports that it says its command listens on, as in 8080/tcp.</summary>
    public ImmutableArray<string> ExposedPorts { get; init; } = [];

    /// <summary>Dockerfile lines that run when another image is built from it.</summary>
    public ImmutableArray<string> OnBuild { get; init; } = [];

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>An image's layers.</summary>
/// <param name="Layers">sha256:... of each layer's uncompressed tar, lowest first.</param>
public sealed record ImageRootFS(ImmutableArray<string> Layers);
