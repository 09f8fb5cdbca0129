namespace MiniPaaS.Docker;

/// <summary>The engine's versions.</summary>
public sealed record EngineVersion
{
    /// <summary>The engine's release, such as 20.10.24.</summary>
    public required string Version { get; init; }

    /// <summary>The newest API version the engine speaks, such as 1.41.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The oldest API version the engine still accepts.</summary>
    public string? MinAPIVersion { get; init; }
}
