namespace MiniPaaS.Daemon.Apps;

/// <summary>An app; its live release is the only thing about it that moves.</summary>
internal sealed record App
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The name as it was checked when the app was made.</summary>
    public AppName ParsedName => AppName.TryParse(Name, out var name, out var error) ? name : throw new FormatException(error);

    /// <summary>Stack the user asked for, or null to let the buildpack choose.</summary>
    public string? Stack { get; init; }

    public int? LiveRelease { get; init; }

    /// <summary>Deployment whose dynos serve the live release.</summary>
    public long? LiveDeployment { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
