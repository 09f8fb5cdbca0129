namespace MiniPaaS.Daemon.Apps;

/// <summary>A slug with a set of config vars: immutable, numbered from 1 without gaps per app.</summary>
/// <param name="AppId">App it belongs to.</param>
/// <param name="Number">The N of vN.</param>
/// <param name="Slug">What runs, or null for an app that has only config vars yet.</param>
/// <param name="ConfigVars">What it runs with.</param>
/// <param name="Description">Why it was made.</param>
/// <param name="User">Who made it.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record Release(
    long AppId,
    int Number,
    Slug? Slug,
    ConfigVars ConfigVars,
    string Description,
    string User,
    DateTimeOffset CreatedAt)
{
    /// <summary>Process type whose command runs once before the release goes live.</summary>
    public const string ReleasePhase = "release";

    public string Version => $"v{Number}";

    public string? ReleaseCommand => Slug?.ProcessTypes.GetValueOrDefault(ReleasePhase);
}
