using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>A release: a slug with a set of config vars, with the members of Heroku's Platform API.</summary>
public sealed record ReleaseInfo
{
    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>Number, from 1, without gaps.</summary>
    public required int Version { get; init; }

    /// <summary>Always empty: add-ons are no part of a release here.</summary>
    public ImmutableArray<string> AddonPlanNames { get; init; } = [];

    /// <summary>App it belongs to.</summary>
    public required Reference App { get; init; }

    /// <summary>The slug once more, as Heroku's newer clients look for it.</summary>
    public ImmutableArray<ArtifactReference> Artifacts { get; init; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>True for the live release.</summary>
    public required bool Current { get; init; }

    /// <summary>Why it was made, as in <c>Deploy 1a2b3c4d</c>.</summary>
    public required string Description { get; init; }

    /// <summary>True when a rollback to it is possible: it went live and has a slug.</summary>
    public bool EligibleForRollback { get; init; }

    /// <summary>Where its release phase can be read, for whoever has the address; null when it had none.</summary>
    public string? OutputStreamUrl { get; init; }

    /// <summary>Its slug, or null without one.</summary>
    public IdReference? Slug { get; init; }

    /// <summary>One of <c>pending</c>, <c>succeeded</c>, <c>failed</c>, and of our own <c>canary</c> (a part of the visitors gets it).</summary>
    public required string Status { get; init; }

    /// <summary>When its deployment ended, or began.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required UserReference User { get; init; }

    /// <summary>Extension: commit of the slug, or null without one.</summary>
    public string? Commit { get; init; }

    /// <summary>Extension: beginning of the slug's digest, for people; null without one.</summary>
    public string? SlugDigest { get; init; }

    /// <summary>Extension: why it failed, or null.</summary>
    public string? Error { get; init; }
}

/// <summary>What a release runs.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="Type">Always <c>slug</c>.</param>
public sealed record ArtifactReference(string Id, string Type);

/// <summary>Request to make a release of the parts of an earlier one, or of a slug.</summary>
/// <param name="Release">Number (<c>7</c>, <c>v7</c>) or uuid of the earlier release. Neither this nor a slug: the one that was live before.</param>
/// <param name="Slug">Uuid or digest of a slug of the app, to run with the present config vars.</param>
/// <param name="Description">Why a release of a slug is made, or null.</param>
public sealed record CreateRelease(
    [property: JsonConverter(typeof(LenientTextConverter))]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Release,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Slug = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null);

/// <summary>How far the deployment of a release has come (extension).</summary>
/// <param name="Release">Release number.</param>
/// <param name="Step">Name of the journal step, as in <c>Starting</c>.</param>
/// <param name="Finished">True when it will not change any more.</param>
/// <param name="Succeeded">True when the release went live.</param>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="Seconds">Seconds since the release was made.</param>
public sealed record DeploymentInfo(int Release, string Step, bool Finished, bool Succeeded, string? Error, double Seconds);
