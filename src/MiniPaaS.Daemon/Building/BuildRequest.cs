using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Building;

/// <summary>What is to be built.</summary>
internal sealed record BuildRequest
{
    /// <summary>Number of the build; names its container, directories and log.</summary>
    public required long BuildId { get; init; }

    /// <summary>App it is for; its builds share a cache, and run one after the other.</summary>
    public required long AppId { get; init; }

    public required AppName AppName { get; init; }

    /// <summary>Commit to build, 40 hex digits.</summary>
    public required string Commit { get; init; }

    /// <summary>Time of the commit: every file of the slug gets it, so that the same commit gives the same slug.</summary>
    public required DateTimeOffset CommittedAt { get; init; }

    /// <summary>Git's id of the commit's tree.</summary>
    public string Tree { get; init; } = "";

    /// <summary>Digest of what <c>.slugignore</c> leaves of that tree.</summary>
    public string SourceDigest { get; init; } = "";

    /// <summary>Writes the source into an empty directory of the dyno user's.</summary>
    public required Func<string, CancellationToken, Task> WriteSource { get; init; }

    /// <summary>Looks at the built tree while its image is made. It only reads, and its failure would be the build's.</summary>
    public Func<string, CancellationToken, Task> Inspect { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Given to the buildpack as files.</summary>
    public required ConfigVars ConfigVars { get; init; }

    /// <summary>Stack the user has set, or null to let the buildpack choose.</summary>
    public string? StackWanted { get; init; }

    /// <summary>Stack of the app's last slug: trying it first saves a second container. Null when there is none.</summary>
    public string? LastStack { get; init; }

    /// <summary>Buildpacks the user has set, in the order they run; none: others choose.</summary>
    public ImmutableArray<string> Buildpacks { get; init; } = [];

    /// <summary>Buildpack that an earlier build detected, or null.</summary>
    public string? PinnedBuildpack { get; init; }

    /// <summary>True to begin with an empty cache, and to keep nothing of it.</summary>
    public bool CleanCache { get; init; }

    /// <summary>Lends the network that the build runs in.</summary>
    public required Func<CancellationToken, ValueTask<BuildNetwork>> LeaseNetwork { get; init; }
}

/// <summary>A network lent to one build.</summary>
/// <param name="NetworkMode">As Docker reads it: <c>container:ID</c>, a network's name, or <c>none</c>.</param>
/// <param name="Release">Gives it back.</param>
internal sealed record BuildNetwork(string NetworkMode, Func<ValueTask> Release) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Release();
}

/// <summary>How a build ended. The build's log has told the user already.</summary>
internal abstract record BuildOutcome
{
    /// <summary>There is a slug, known to Docker under its tag.</summary>
    /// <param name="Slug">The slug.</param>
    /// <param name="Steps">How long each step took, in order.</param>
    public sealed record Succeeded(Slug Slug, ImmutableArray<BuildStep> Steps) : BuildOutcome
    {
        /// <summary>Digest of the slug's own layer, uncompressed (<c>sha256:</c> and 64 hex digits).</summary>
        public required string Layer { get; init; }

        /// <summary>Buildpack that the next builds are to begin with, where it was detected; else null.</summary>
        public string? Detected { get; init; }
    }

    /// <summary>The app cannot be built as it is.</summary>
    /// <param name="Reason">One sentence for the records.</param>
    public sealed record Rejected(string Reason) : BuildOutcome;
}

/// <summary>A step of a build.</summary>
/// <param name="Name">As in <c>source</c>.</param>
/// <param name="Took">Wall time.</param>
internal sealed record BuildStep(string Name, TimeSpan Took);

/// <summary>What one build may use.</summary>
internal sealed record BuildLimits
{
    /// <summary>Wall time of everything up to the slug.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Bytes of memory, and of memory and swap together.</summary>
    public long Memory { get; init; } = 2L << 30;

    /// <summary>Number of CPUs.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Processes and threads at once.</summary>
    public int Processes { get; init; } = 1024;

    /// <summary>Bytes of output kept and shown; the rest is dropped.</summary>
    public long Output { get; init; } = 10L << 20;

    /// <summary>Bytes of output that end the build.</summary>
    public long Flood { get; init; } = 1L << 30;

    /// <summary>Bytes on disk of everything that the build has written, its app's cache among it.</summary>
    public long Disk { get; init; } = 10L << 30;

    /// <summary>Number of those files.</summary>
    public long Files { get; init; } = 2_000_000;

    /// <summary>Bytes that builds leave free on the host's disk, whatever they may use.</summary>
    public long DiskReserve { get; init; } = 1L << 30;

    /// <summary>Bytes of the slug, uncompressed: the image is never compressed, so this is what it costs.</summary>
    public long Slug { get; init; } = 500L << 20;
}
