using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>All that a slug's image consists of besides its stack's run image.</summary>
internal sealed record SlugParts
{
    public required long AppId { get; init; }

    public required AppName AppName { get; init; }

    /// <summary>Buildpack that the next builds are to begin with, where it was detected; else null.</summary>
    public string? Detected { get; init; }

    /// <summary>Commit it was built from, 40 hex digits.</summary>
    public required string Commit { get; init; }

    /// <summary>Time of the commit, which is that of every file.</summary>
    public required DateTimeOffset CommittedAt { get; init; }

    /// <summary>Stack that it runs on.</summary>
    public required string Stack { get; init; }

    /// <summary>What built it, in the order they ran.</summary>
    public required ImmutableArray<Buildpack> Buildpacks { get; init; }

    public required SlugContents Contents { get; init; }

    /// <summary>The built app.</summary>
    public required LayerFile Layer { get; init; }
}
