using System.Text.Json.Serialization;

namespace MiniPaaS.Docker.Wire;

internal sealed record ContainerStats
{
    [JsonPropertyName("memory_stats")]
    public MemoryStats MemoryStats { get; init; } = new();
}

internal sealed record MemoryStats
{
    [JsonPropertyName("usage")]
    public long Usage { get; init; }

    [JsonPropertyName("stats")]
    public MemoryParts Stats { get; init; } = new();
}

internal sealed record MemoryParts
{
    /// <summary>cgroup v1.</summary>
    [JsonPropertyName("total_inactive_file")]
    public long? TotalInactiveFile { get; init; }

    /// <summary>cgroup v2.</summary>
    [JsonPropertyName("inactive_file")]
    public long InactiveFile { get; init; }

    public long Reclaimable => TotalInactiveFile ?? InactiveFile;
}
