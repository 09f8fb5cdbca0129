using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>An error as Heroku's Platform API words it.</summary>
/// <param name="Id">Stable snake_case identifier, as in <c>not_found</c>.</param>
/// <param name="Message">What happened, why, and what to do next.</param>
public sealed record ApiError(string Id, string Message);

/// <summary>Request to make an app.</summary>
/// <param name="Name">Wanted name, or null for a generated one.</param>
/// <param name="Stack">Wanted stack, or null for the default.</param>
public sealed record CreateApp(string? Name, string? Stack);

/// <summary>An app.</summary>
/// <param name="Id">Number that is never reused.</param>
/// <param name="Name">Unique name.</param>
/// <param name="Stack">Stack of the live slug, or the one asked for.</param>
/// <param name="Buildpack">Name of the buildpack that built the live slug, or null before the first.</param>
/// <param name="WebUrl">Address that visitors use.</param>
/// <param name="GitUrl">Address to push to.</param>
/// <param name="Domains">All host names routed to the app.</param>
/// <param name="Release">Number of the live release, or null.</param>
/// <param name="Maintenance">True while visitors get the maintenance page.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record AppInfo(
    long Id,
    string Name,
    string Stack,
    string? Buildpack,
    string WebUrl,
    string GitUrl,
    ImmutableArray<string> Domains,
    int? Release,
    bool Maintenance,
    DateTimeOffset CreatedAt)
{
    /// <summary>Stack that the user has set for the next build; null to let the buildpack choose.</summary>
    public string? BuildStack { get; init; }
}

/// <summary>A release: a slug with a set of config vars.</summary>
/// <param name="Version">Number, from 1, without gaps.</param>
/// <param name="Description">Why it was made, as in <c>Deploy 1a2b3c4d</c>.</param>
/// <param name="Status">One of <c>pending</c>, <c>canary</c> (a part of the visitors gets it), <c>succeeded</c>, <c>failed</c>.</param>
/// <param name="Current">True for the live release.</param>
/// <param name="Commit">Commit of the slug, or null without one.</param>
/// <param name="Slug">Id of the slug, or null without one.</param>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ReleaseInfo(
    int Version,
    string Description,
    string Status,
    bool Current,
    string? Commit,
    string? Slug,
    string? Error,
    DateTimeOffset CreatedAt);

/// <summary>Request to make a release from the parts of an earlier one.</summary>
/// <param name="Release">Number of the earlier release, or null for the one that was live before.</param>
public sealed record Rollback(int? Release);

/// <summary>How far the deployment of a release has come.</summary>
/// <param name="Release">Release number.</param>
/// <param name="Step">Name of the journal step, as in <c>Starting</c>.</param>
/// <param name="Finished">True when it will not change any more.</param>
/// <param name="Succeeded">True when the release went live.</param>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="Seconds">Seconds since the release was made.</param>
public sealed record DeploymentInfo(int Release, string Step, bool Finished, bool Succeeded, string? Error, double Seconds);

/// <summary>Answer to a change of config vars: the new values and, where there is something to run, its release.</summary>
/// <param name="Vars">All config vars after the change.</param>
/// <param name="Release">Number of the release made, or null when nothing changed.</param>
public sealed record ConfigChange(ImmutableSortedDictionary<string, string> Vars, int? Release);

/// <summary>Wanted number of dynos of one process type.</summary>
/// <param name="Type">Process type.</param>
/// <param name="Quantity">Number of dynos.</param>
/// <param name="Command">Command line from the slug, or null when the slug does not declare the type.</param>
public sealed record FormationInfo(string Type, int Quantity, string? Command);

/// <summary>Request to change a formation.</summary>
/// <param name="Updates">Process types and their new quantities.</param>
public sealed record FormationUpdate(ImmutableArray<FormationQuantity> Updates);

/// <summary>One process type and its new quantity.</summary>
/// <param name="Type">Process type.</param>
/// <param name="Quantity">Number of dynos, from 0.</param>
public sealed record FormationQuantity(string Type, int Quantity);

/// <summary>A running dyno.</summary>
/// <param name="Name">As in <c>web.1</c>.</param>
/// <param name="Type">Process type.</param>
/// <param name="State">One of <c>starting</c>, <c>up</c>, <c>unresponsive</c>, <c>crashed</c>, <c>stopping</c>.</param>
/// <param name="Release">Number of its release.</param>
/// <param name="Command">What it runs.</param>
/// <param name="Since">When it was started.</param>
public sealed record DynoInfo(string Name, string Type, string State, int Release, string Command, DateTimeOffset Since);

/// <summary>Version and settings of the control plane that a client needs.</summary>
/// <param name="Version">Product version.</param>
/// <param name="Domain">Domain under which apps get their host names.</param>
/// <param name="ControlUrl">Address of the control plane.</param>
public sealed record PlatformInfo(string Version, string Domain, string ControlUrl);
