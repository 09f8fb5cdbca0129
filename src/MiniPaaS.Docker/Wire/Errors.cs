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

    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("aux")]
    public ProgressResult? Aux { get; init; }
}

internal sealed record ProgressResult
{
    public string? ID { get; init; }
}
