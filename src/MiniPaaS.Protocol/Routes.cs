using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>What the router does with a request for an app.</summary>
public enum RouteMode
{
    /// <summary>Forward to one of the targets; with no target, <see cref="WebState"/> says what the visitor is told.</summary>
    Serve,

    /// <summary>Answer every request with the maintenance page (503, H80).</summary>
    Maintenance,

    /// <summary>Park requests until the mode changes, each at most <see cref="RoutePolicy.HoldSeconds"/>.</summary>
    Hold,
}

/// <summary>How an app without any target stands.</summary>
public enum WebState
{
    /// <summary>No web dyno is wanted (H14).</summary>
    None,

    /// <summary>Web dynos are booting: requests wait for them at most 75 s (H20), as on Heroku.</summary>
    Starting,

    /// <summary>Web dynos crashed and are started anew with growing pauses (H10).</summary>
    Crashed,
}

/// <summary>One dyno that can take requests.</summary>
/// <param name="Id">Container id; identifies the target for its whole life and is never reused.</param>
/// <param name="Address">IPv4 address and port, as in <c>10.88.0.7:5000</c>.</param>
/// <param name="Dyno">Dyno name shown in logs and headers, as in <c>web.1</c>.</param>
public sealed record RouteTarget(string Id, string Address, string Dyno);

/// <summary>A part of the visitors who are sent to the dynos of another release: a canary.</summary>
/// <param name="Release">Number of that release.</param>
/// <param name="Percent">How many of a hundred visitors, from 0 to 100; each stays where a cookie says he was first sent.</param>
/// <param name="Targets">Its dynos that passed their checks.</param>
public sealed record RouteSplit(int Release, int Percent, ImmutableArray<RouteTarget> Targets);

/// <summary>How the visitors of an app are treated. Zero and null switch a rule off.</summary>
public sealed record RoutePolicy
{
    /// <summary>What holds where nothing was set.</summary>
    public static readonly RoutePolicy Default = new();

    /// <summary>Longest time that a request is parked in <see cref="RouteMode.Hold"/>, in seconds.</summary>
    public int HoldSeconds { get; init; } = 30;

    /// <summary>Sends a visitor to the dyno that answered him first, by a cookie (Heroku: <c>http-session-affinity</c>).</summary>
    public bool SessionAffinity { get; init; }

    /// <summary>Redirects plain HTTP to HTTPS (301 for GET and HEAD, else 308).</summary>
    public bool HttpsOnly { get; init; }

    /// <summary>max-age of Strict-Transport-Security on HTTPS answers, in seconds (RFC 6797).</summary>
    public int HstsSeconds { get; init; }

    /// <summary>Sends ACME HTTP-01 challenges (RFC 8555, 8.3) to the control plane instead of the app.</summary>
    public bool AcmeChallenges { get; init; }

    /// <summary>Page shown in place of the router's own error pages (Heroku: config var <c>ERROR_PAGE_URL</c>).</summary>
    public string? ErrorPageUrl { get; init; }

    /// <summary>Page shown during maintenance (Heroku: config var <c>MAINTENANCE_PAGE_URL</c>).</summary>
    public string? MaintenancePageUrl { get; init; }

    /// <summary>Most requests under way at once, over all dynos; upgraded connections do not count.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>Most requests that wait: for <see cref="MaxConcurrent"/>, for a booting dyno, or for the end of a hold.</summary>
    public int MaxQueued { get; init; } = 1000;

    /// <summary>Most requests per second over all visitors; a second's worth may come at once.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>Most requests per second of one client address; a second's worth may come at once.</summary>
    public int ClientRequestsPerSecond { get; init; }
}

/// <summary>Everything the router knows of one app: one immutable value, replaced whole.</summary>
/// <param name="App">App name.</param>
/// <param name="Version">Grows with every change of this app's route; an older one is refused.</param>
/// <param name="Release">Number of the live release, 0 before the first.</param>
/// <param name="Hosts">Lower-case host names without port; <c>*.example.org</c> stands for every name one label below.</param>
/// <param name="Mode">How requests are answered.</param>
/// <param name="Targets">Dynos of the live release that passed their checks.</param>
/// <param name="Web">Why there are no targets, where there are none.</param>
/// <param name="Split">The canary, or null.</param>
/// <param name="Policy">Rules for visitors; null is <see cref="RoutePolicy.Default"/>.</param>
public sealed record AppRoute(
    string App,
    long Version,
    int Release,
    ImmutableArray<string> Hosts,
    RouteMode Mode,
    ImmutableArray<RouteTarget> Targets,
    WebState Web = WebState.None,
    RouteSplit? Split = null,
    RoutePolicy? Policy = null);

/// <summary>A certificate with its key, for the hosts that it names.</summary>
/// <param name="Hosts">Lower-case host names, <c>*.example.org</c> included, that it is presented for.</param>
/// <param name="Chain">PEM: the certificate, then its issuers.</param>
/// <param name="Key">PEM: the private key. Never logged.</param>
public sealed record RouteCertificate(ImmutableArray<string> Hosts, string Chain, string Key);

/// <summary>All certificates that routers present; replaces those they had. Hosts without one get a certificate of the local CA.</summary>
/// <param name="Certificates">In order of preference where two name the same host.</param>
public sealed record CertificateSet(ImmutableArray<RouteCertificate> Certificates);

/// <summary>The whole routing state, sent after a restart of either side; apps that it lacks are removed.</summary>
/// <param name="BootId">Kernel boot id (<c>/proc/sys/kernel/random/boot_id</c>) under which the addresses are valid.</param>
/// <param name="Apps">One route per app.</param>
public sealed record RouteSnapshot(string BootId, ImmutableArray<AppRoute> Apps);

/// <summary>The router's answer to a change: it is in force.</summary>
/// <param name="Version">Version now in force for the app, or the number of apps after a snapshot.</param>
public sealed record RouteAck(long Version);

/// <summary>Answer to "is this target drained?".</summary>
/// <param name="Drained">True when no request holds the target, or the router does not know it.</param>
/// <param name="InFlight">Requests still holding it.</param>
public sealed record DrainStatus(bool Drained, int InFlight);

/// <summary>A dyno that a router has set aside: it gets requests again once it answers.</summary>
/// <param name="App">App name.</param>
/// <param name="Target">Container id.</param>
/// <param name="Dyno">Dyno name.</param>
/// <param name="Reason">What it did, as in <c>Connection refused</c>.</param>
/// <param name="Since">When it was set aside first.</param>
public sealed record UnhealthyTarget(string App, string Target, string Dyno, string Reason, DateTimeOffset Since);

/// <summary>State of a running router.</summary>
/// <param name="InstanceId">New with every router process; a change means that it needs a snapshot.</param>
/// <param name="Version">Product version of the router.</param>
/// <param name="Pid">Process id.</param>
/// <param name="Apps">Number of apps known.</param>
/// <param name="Requests">Requests answered since start.</param>
/// <param name="InFlight">Requests under way.</param>
/// <param name="Synchronised">True once a snapshot of this boot was loaded, from disk or from the control plane.</param>
/// <param name="LameDuck">True once it is asked to stop: it takes no new connection and finishes what it has.</param>
/// <param name="Unhealthy">Dynos set aside now.</param>
public sealed record RouterStatus(
    string InstanceId,
    string Version,
    int Pid,
    int Apps,
    long Requests,
    int InFlight,
    bool Synchronised,
    bool LameDuck = false,
    ImmutableArray<UnhealthyTarget> Unhealthy = default);
