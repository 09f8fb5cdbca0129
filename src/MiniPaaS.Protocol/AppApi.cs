using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>Request to make an app.</summary>
/// <param name="Name">Wanted name, or null for a generated one.</param>
/// <param name="Stack">Wanted stack by name or id, or null for the default.</param>
/// <param name="Region">Wanted region by name or id, or null; there is one.</param>
public sealed record CreateApp(
    string? Name, string? Stack, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Region = null);

/// <summary>Request to change an app; null leaves a thing as it is.</summary>
/// <param name="Maintenance">True to show visitors the maintenance page.</param>
/// <param name="BuildStack">Stack to build on from now on, by name or id.</param>
/// <param name="Name">Other name.</param>
public sealed record AppChange(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(LenientBooleanConverter))] bool? Maintenance,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BuildStack = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

/// <summary>An app, with the members of Heroku's Platform API.</summary>
public sealed record AppInfo
{
    /// <summary>Uuid that is never reused.</summary>
    public required string Id { get; init; }

    /// <summary>Unique name; it can be changed.</summary>
    public required string Name { get; init; }

    /// <summary>True when certificates are ordered automatically.</summary>
    public bool Acm { get; init; }

    /// <summary>Always null: apps are not archived.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>Names of the buildpacks that built the live slug, or null before the first.</summary>
    public string? BuildpackProvidedDescription { get; init; }

    /// <summary>Stack of the next build.</summary>
    public required Reference BuildStack { get; init; }

    /// <summary>Always <c>complete</c>: an app is there at once.</summary>
    public string CreateStatus { get; init; } = "complete";

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Always <c>cedar</c>, Heroku's word for apps made of slugs.</summary>
    public required Reference Generation { get; init; }

    /// <summary>Address to push to.</summary>
    public required string GitUrl { get; init; }

    /// <summary>Always false.</summary>
    public bool InternalRouting { get; init; }

    /// <summary>Always false: apps are not locked.</summary>
    public bool Locked { get; init; }

    /// <summary>True while visitors get the maintenance page.</summary>
    public bool Maintenance { get; init; }

    /// <summary>Who made it.</summary>
    public required UserReference Owner { get; init; }

    /// <summary>Always null: there are no organizations.</summary>
    public Reference? Organization { get; init; }

    /// <summary>Always null: there are no teams.</summary>
    public Reference? Team { get; init; }

    /// <summary>Always null: there are no private spaces.</summary>
    public Reference? Space { get; init; }

    /// <summary>The one region.</summary>
    public required Reference Region { get; init; }

    /// <summary>When the live release was made, or null before the first.</summary>
    public DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>Bytes of its git repository; null in lists.</summary>
    public long? RepoSize { get; init; }

    /// <summary>Bytes of the live slug, or null before the first.</summary>
    public long? SlugSize { get; init; }

    /// <summary>Stack of the live slug, or of the next build before the first.</summary>
    public required Reference Stack { get; init; }

    /// <summary>When it changed last, as far as its releases tell.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Address that visitors use.</summary>
    public required string WebUrl { get; init; }

    /// <summary>Extension: all host names routed to the app, the platform's own first.</summary>
    public required ImmutableArray<string> Domains { get; init; }

    /// <summary>Extension: number of the live release, or null.</summary>
    public int? Release { get; init; }

    /// <summary>Extension: number that the server's files and containers of the app are named by.</summary>
    public long Number { get; init; }
}
