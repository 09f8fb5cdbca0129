using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>Request to read an app's log.</summary>
/// <param name="Lines">Number of past lines; null for 100.</param>
/// <param name="Tail">True to get new lines as they come.</param>
/// <param name="Dyno">Only lines of this dyno (<c>web.1</c>) or process type (<c>web</c>).</param>
/// <param name="Source">Only lines of this source: <c>app</c> or <c>heroku</c>.</param>
/// <param name="DynoName">The dyno once more, as the Platform API's schema names it.</param>
/// <param name="Type">The process type once more, as the Platform API's schema names it.</param>
public sealed record CreateLogSession(
    [property: JsonConverter(typeof(LenientTextConverter))] string? Lines = null,
    [property: JsonConverter(typeof(LenientBooleanConverter))] bool? Tail = null,
    string? Dyno = null,
    string? Source = null,
    string? DynoName = null,
    string? Type = null);

/// <summary>A log that can be read.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="LogplexUrl">Address that carries its own secret; it answers with server-sent events.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="UpdatedAt">The same.</param>
public sealed record LogSessionInfo(string Id, string LogplexUrl, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Request to send an app's log elsewhere.</summary>
/// <param name="Url"><c>syslog://</c>, <c>syslog+tls://</c>, <c>http://</c> or <c>https://</c>.</param>
public sealed record CreateLogDrain(string? Url);

/// <summary>Where an app's log is sent, with the members of Heroku's Platform API.</summary>
public sealed record LogDrainInfo
{
    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>Always null: no add-on asked for it.</summary>
    public Reference? Addon { get; init; }

    /// <summary>App whose log it is.</summary>
    public required Reference App { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What the receiver can tell apps apart by, as in <c>d.6b2e...</c>.</summary>
    public required string Token { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Where lines go.</summary>
    public required string Url { get; init; }

    /// <summary>Extension: lines delivered since the control plane started.</summary>
    public long Delivered { get; init; }

    /// <summary>Extension: lines given up since then, because the receiver was too slow or away.</summary>
    public long Dropped { get; init; }

    /// <summary>Extension: why the last delivery failed, or null.</summary>
    public string? Error { get; init; }
}
