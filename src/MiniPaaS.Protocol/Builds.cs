namespace MiniPaaS.Protocol;

/// <summary>A build.</summary>
/// <param name="Id">Number, unique over all apps.</param>
/// <param name="Status"><c>running</c> (or waiting for its turn), <c>succeeded</c>, <c>failed</c>, <c>canceled</c>, <c>lost</c> (the control plane died), and of a verification <c>verified</c> or <c>differs</c>.</param>
/// <param name="Commit">Commit that is built.</param>
/// <param name="Error">Why it did not succeed, or null.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="FinishedAt">When it ended, or null.</param>
public sealed record BuildInfo(long Id, string Status, string Commit, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>The one status that is not the last.</summary>
    public const string Running = "running";
}
