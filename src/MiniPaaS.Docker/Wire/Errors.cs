using System.Text.Json.Serialization;

namespace MiniPaaS.Docker.Wire;

internal sealed record EngineError
{
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>One line of a progress stream, whose failures come after status 200.</summary>
internal sealed record ProgressLine
{
    [JsonPropertyName("error")]
    public string? Error { get; init; }
}
