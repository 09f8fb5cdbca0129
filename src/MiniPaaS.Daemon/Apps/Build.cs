namespace MiniPaaS.Daemon.Apps;

/// <summary>A build as the records have it.</summary>
internal sealed record Build
{
    /// <summary>Unique over all apps.</summary>
    public required long Id { get; init; }

    /// <summary>Commit that was built.</summary>
    public required string Commit { get; init; }

    /// <summary>
    /// <c>running</c> (or waiting), then one of <c>succeeded</c>, <c>failed</c>, <c>canceled</c>, <c>lost</c> (the daemon died);
    /// of a verification <c>verified</c> or <c>differs</c>.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>Why it did not succeed, or null.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}
