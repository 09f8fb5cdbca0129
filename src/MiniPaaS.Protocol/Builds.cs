namespace MiniPaaS.Protocol;

/// <summary>A build, with the members of Heroku's Platform API.</summary>
public sealed record BuildInfo
{
    /// <summary>The one state that is not the last.</summary>
    public const string Running = "running";

    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>App that is built.</summary>
    public required Reference App { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where what it says can be read, for whoever has the address.</summary>
    public string? OutputStreamUrl { get; init; }

    /// <summary>What is built.</summary>
    public required BuildSource SourceBlob { get; init; }

    /// <summary>One of <c>pending</c>, <c>succeeded</c> and <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>When it began or ended.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Extension: number, unique over all apps.</summary>
    public required long Number { get; init; }

    /// <summary>
    /// Extension: <c>running</c> (or waiting for its turn), <c>succeeded</c>, <c>failed</c>, <c>canceled</c>, <c>lost</c> (the control
    /// plane died), and of a verification <c>verified</c> or <c>differs</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Extension: why it did not succeed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Extension: when it ended, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>What a build was made of.</summary>
/// <param name="Checksum">Digest of an archive, or null.</param>
/// <param name="Url">Address of an archive, or null for a push.</param>
/// <param name="Version">Commit.</param>
public sealed record BuildSource(string? Checksum, string? Url, string? Version);
