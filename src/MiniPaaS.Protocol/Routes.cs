using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>What the router does with a request for an app.</summary>
public enum RouteMode
{
    /// <summary>Forward to one of the targets; with no target, answer 503.</summary>
    Serve,

    /// <summary>Answer every request with the maintenance page (503).</summary>
    Maintenance,
}

/// <summary>One dyno that can take requests.</summary>
/// <param name="Id">Container id; identifies the target for its whole life and is never reused.</param>
/// <param name="Address">IPv4 address and port, as in <c>10.88.0.7:5000</c>.</param>
/// <param name="Dyno">Dyno name shown in logs and headers, as in <c>web.1</c>.</param>
public sealed record RouteTarget(string Id, string Address, string Dyno);

/// <summary>Everything the router knows of one app: one immutable value, replaced whole.</summary>
/// <param name="App">App name.</param>
/// <param name="Version">Grows with every change of this app's route; an older one is refused.</param>
/// <param name="Release">Number of the live release, 0 before the first.</param>
/// <param name="Hosts">Lower-case host names without port.</param>
/// <param name="Mode">How requests are answered.</param>
/// <param name="Targets">Dynos of the live release that passed their checks.</param>
public sealed record AppRoute(
    string App,
    long Version,
    int Release,
    ImmutableArray<string> Hosts,
    RouteMode Mode,
    ImmutableArray<RouteTarget> Targets);

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

/// <summary>State of a running router.</summary>
/// <param name="InstanceId">New with every router process; a change means that it needs a snapshot.</param>
/// <param name="Version">Product version of the router.</param>
/// <param name="Pid">Process id.</param>
/// <param name="Apps">Number of apps known.</param>
/// <param name="Requests">Requests answered since start.</param>
/// <param name="InFlight">Requests under way.</param>
/// <param name="Synchronised">True once a snapshot of this boot was loaded, from disk or from the control plane.</param>
public sealed record RouterStatus(string InstanceId, string Version, int Pid, int Apps, long Requests, int InFlight, bool Synchronised);
