namespace MiniPaaS.Daemon.Apps;

/// <summary>Where a deployment stands; each step says what is desired, the reconciler makes it so.</summary>
internal enum DeploymentStep
{
    /// <summary>The release phase runs; nothing else has changed.</summary>
    Preparing,

    /// <summary>New web dynos run beside the old ones and must pass their checks.</summary>
    Starting,

    /// <summary>New and old web dynos run, and a part of the visitors gets the new ones, until somebody promotes or gives up the release.</summary>
    Canary,

    /// <summary>Committed: the new release is live, the routers are being told.</summary>
    Flipping,

    /// <summary>Every router has acknowledged.</summary>
    Done,

    /// <summary>Given up before the flip; what was live still is.</summary>
    Failed,
}

/// <summary>One row of the journal: a release on its way into fresh dynos.</summary>
internal sealed record Deployment
{
    public required long Id { get; init; }

    public required long AppId { get; init; }

    public required int Release { get; init; }

    public required DeploymentStep Step { get; init; }

    public string? Error { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the step under way is given up; absolute, so that a restart of the daemon does not extend it.</summary>
    public DateTimeOffset? Deadline { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public bool Succeeded => Step == DeploymentStep.Done;
}
