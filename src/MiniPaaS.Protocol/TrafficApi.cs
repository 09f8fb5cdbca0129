using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>How an app's visitors are treated right now.</summary>
/// <param name="Mode">One of <c>serve</c>, <c>maintenance</c>, <c>hold</c>.</param>
/// <param name="Until">When a hold ends by itself, or null.</param>
public sealed record TrafficInfo(string Mode, DateTimeOffset? Until);

/// <summary>Request to park an app's requests.</summary>
/// <param name="Seconds">For how long, unless it is ended before.</param>
public sealed record HoldRequest(int Seconds);

/// <summary>One rule for an app's visitors.</summary>
/// <param name="Name">As in <c>https-only</c>.</param>
/// <param name="Value">What is in force.</param>
/// <param name="Default">What is in force where nothing was set.</param>
/// <param name="Description">What the rule does, with the unit of its value.</param>
public sealed record RoutingRuleInfo(string Name, string Value, string Default, string Description);

/// <summary>Names of the routing rules.</summary>
public static class RoutingRuleNames
{
    /// <summary>A visitor stays at one dyno.</summary>
    public const string SessionAffinity = "session-affinity";

    /// <summary>Plain HTTP is redirected.</summary>
    public const string HttpsOnly = "https-only";

    /// <summary>Strict-Transport-Security (RFC 6797).</summary>
    public const string Hsts = "hsts";

    /// <summary>Most requests under way at once.</summary>
    public const string MaxConcurrent = "max-concurrent";

    /// <summary>Most requests that wait.</summary>
    public const string MaxQueued = "max-queued";

    /// <summary>Most requests per second.</summary>
    public const string RequestsPerSecond = "requests-per-second";

    /// <summary>Most requests per second of one client address.</summary>
    public const string ClientRequestsPerSecond = "client-requests-per-second";

    /// <summary>Share of the visitors that a new release gets at first.</summary>
    public const string Canary = "canary";

    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<string> All =
        [SessionAffinity, HttpsOnly, Hsts, MaxConcurrent, MaxQueued, RequestsPerSecond, ClientRequestsPerSecond, Canary];
}

/// <summary>A switch of an app in the form of Heroku's app features.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="Name">As in <c>http-session-affinity</c>.</param>
/// <param name="DisplayName">The name for people.</param>
/// <param name="Description">What it does.</param>
/// <param name="DocUrl">Where more is said of it.</param>
/// <param name="Enabled">Whether it is on.</param>
/// <param name="FeedbackEmail">Always null.</param>
/// <param name="State">Always <c>general</c>, which the Heroku CLI lists as a feature.</param>
/// <param name="CreatedAt">When the app was made.</param>
/// <param name="UpdatedAt">The same.</param>
public sealed record FeatureInfo(
    string Id,
    string Name,
    string DisplayName,
    string Description,
    string DocUrl,
    bool Enabled,
    string? FeedbackEmail,
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Request to switch a feature.</summary>
/// <param name="Enabled">Whether it is on.</param>
public sealed record FeatureChange([property: JsonConverter(typeof(LenientBooleanConverter))] bool? Enabled);

/// <summary>How an app stands with canaries.</summary>
/// <param name="DefaultPercent">How many of a hundred visitors a new release gets at first; 0: new releases get all at once.</param>
/// <param name="Open">The canary under way, or null.</param>
public sealed record CanaryInfo(int DefaultPercent, OpenCanary? Open);

/// <summary>A release that a part of the visitors gets until it is promoted or given up.</summary>
/// <param name="Release">Its number.</param>
/// <param name="Live">Number of the release that the other visitors get.</param>
/// <param name="Percent">How many of a hundred visitors get it.</param>
/// <param name="Description">Why it was made, as in <c>Deploy 1a2b3c4d</c>.</param>
/// <param name="Since">When its deployment began.</param>
/// <param name="Dynos">Its web dynos.</param>
/// <param name="Problem">Why not all of them serve, or null.</param>
public sealed record OpenCanary(
    int Release, int Live, int Percent, string Description, DateTimeOffset Since, ImmutableArray<DynoInfo> Dynos, string? Problem);

/// <summary>Request to change the open canary's share of the visitors.</summary>
/// <param name="Percent">From 0 to 100.</param>
public sealed record CanaryChange(int Percent);

/// <summary>A canary that was promoted or given up.</summary>
/// <param name="Release">Its number.</param>
public sealed record CanaryEnd(int Release);

/// <summary>What the running routers counted of an app since each of them started.</summary>
/// <param name="Requests">Requests answered.</param>
/// <param name="Statuses">Requests answered by class of status, as in <c>2xx</c>.</param>
/// <param name="ErrorRate">Part of the requests answered with 5xx, from 0 to 1.</param>
/// <param name="InFlight">Requests that a dyno has now.</param>
/// <param name="Queued">Requests that wait now.</param>
/// <param name="Bytes">Bytes of response bodies.</param>
/// <param name="P50">Seconds in which half of the requests were answered, or null without any request.</param>
/// <param name="P99">Seconds in which 99 % of the requests were answered, or null without any request.</param>
public sealed record AppMetrics(
    long Requests,
    ImmutableSortedDictionary<string, long> Statuses,
    double ErrorRate,
    int InFlight,
    int Queued,
    long Bytes,
    double? P50,
    double? P99);
