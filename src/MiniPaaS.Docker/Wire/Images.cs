using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniPaaS.Docker.Wire;

internal sealed record ImageInspect
{
    public required string Id { get; init; }

    public string[]? RepoTags { get; init; }

    public string[]? RepoDigests { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public long Size { get; init; }

    public ImageInspectConfig? Config { get; init; }

    public ImageInspectRootFS? RootFS { get; init; }

    public ImageDetails ToDetails() => new()
    {
        Id = Id,
        RepoTags = [.. RepoTags ?? []],
        RepoDigests = [.. RepoDigests ?? []],
        Created = Created ?? DateTimeOffset.UnixEpoch,
        Architecture = Architecture,
        Os = Os,
        Size = Size,
        Config = (Config ?? new()).ToConfig(),
        RootFS = new([.. RootFS?.Layers ?? []]),
    };
}

internal sealed record ImageInspectConfig
{
    public string[]? Env { get; init; }

    public string[]? Cmd { get; init; }

    public string[]? Entrypoint { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public string? StopSignal { get; init; }

    public Dictionary<string, JsonElement>? ExposedPorts { get; init; }

    public string[]? OnBuild { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public ImageConfig ToConfig() => new()
    {
        Env = [.. Env ?? []],
        Cmd = [.. Cmd ?? []],
        Entrypoint = [.. Entrypoint ?? []],
        User = User ?? "",
        WorkingDir = WorkingDir ?? "",
        StopSignal = StopSignal ?? "",
        ExposedPorts = [.. (ExposedPorts ?? []).Keys.Order(StringComparer.Ordinal)],
        OnBuild = [.. OnBuild ?? []],
        Labels = Labels ?? [],
    };
}

internal sealed record ImageInspectRootFS
{
    public string[]? Layers { get; init; }
}

internal sealed record ImageListItem
{
    public required string Id { get; init; }

    public string[]? RepoTags { get; init; }

    public long Created { get; init; }

    public long Size { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public ImageSummary ToSummary() => new()
    {
        Id = Id,
        RepoTags = [.. (RepoTags ?? []).Where(tag => tag != "<none>:<none>")],
        Created = DateTimeOffset.FromUnixTimeSeconds(Created),
        Size = Size,
        Labels = Labels ?? [],
    };
}

internal sealed record ImageManifest
{
    [JsonPropertyName("layers")]
    public required ImageManifestLayer[] Layers { get; init; }
}

internal sealed record ImageManifestLayer
{
    [JsonPropertyName("mediaType")]
    public required string MediaType { get; init; }

    [JsonPropertyName("digest")]
    public required string Digest { get; init; }

    [JsonPropertyName("size")]
    public required long Size { get; init; }
}
