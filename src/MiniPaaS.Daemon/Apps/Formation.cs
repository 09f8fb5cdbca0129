using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Apps;

/// <summary>How many dynos of each process type are wanted: mutable, not part of a release, so scaling deploys nothing.</summary>
internal sealed record Formation(ImmutableSortedDictionary<string, int> Quantities)
{
    public const string Web = "web";

    public const int MaxQuantity = 100;

    /// <summary>Until it is scaled, an app gets one web dyno and none of anything else.</summary>
    public int Of(string processType) =>
        processType == Release.ReleasePhase ? 0
        : Quantities.TryGetValue(processType, out var quantity) ? quantity
        : processType == Web ? 1 : 0;
}
