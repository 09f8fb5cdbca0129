using System.Net;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>Judges routes that came from outside before they are put in force.</summary>
internal static class RouteCheck
{
    /// <summary>Longest hold, in seconds: a day. No visitor waits as long, and clocks cannot (49 days).</summary>
    public const int LongestHold = 24 * 60 * 60;

    /// <summary>What is wrong with a snapshot, or null.</summary>
    public static string? Problem(RouteSnapshot snapshot, string bootId)
    {
        if (snapshot.BootId != bootId)
        {
            return $"it is of boot {snapshot.BootId}, this is boot {bootId}: its container addresses mean nothing now";
        }

        if (snapshot.Apps.IsDefault)
        {
            return "it has no list of apps";
        }

        return snapshot.Apps.Select(Problem).FirstOrDefault(problem => problem is not null)
            ?? snapshot.Apps.GroupBy(route => route.App, StringComparer.Ordinal).Where(same => same.Skip(1).Any())
                .Select(same => $"app {same.Key} is in it twice").FirstOrDefault();
    }

    /// <summary>What is wrong with a route, or null.</summary>
    public static string? Problem(AppRoute? route)
    {
        if (route is not { App.Length: > 0, Hosts.IsDefault: false, Targets.IsDefault: false })
        {
            return "a route needs app, hosts and targets";
        }

        if (!Enum.IsDefined(route.Mode) || !Enum.IsDefined(route.Web))
        {
            return $"the mode {route.Mode} or the state {route.Web} of app {route.App} is unknown";
        }

        if (route.Split is { } split && (split.Percent is < 0 or > 100 || split.Targets.IsDefault))
        {
            return $"the canary of app {route.App} needs targets and a percentage from 0 to 100";
        }

        if (route.Policy is { } policy && Problem(route.App, policy) is { } problem)
        {
            return problem;
        }

        if (route.Hosts.Any(string.IsNullOrEmpty))
        {
            return $"a host of app {route.App} is empty";
        }

        RouteTarget[] targets = [.. route.Targets, .. route.Split?.Targets ?? []];
        return targets.Select(target => Problem(route.App, target)).FirstOrDefault(wrong => wrong is not null)
            ?? (targets.DistinctBy(target => target.Id, StringComparer.Ordinal).Count() < targets.Length
                ? $"a target of app {route.App} is in its route twice"
                : null);
    }

    /// <summary>Whether two routes of an app say the same.</summary>
    public static bool SameContent(AppRoute one, AppRoute other)
        => one with { Hosts = other.Hosts, Targets = other.Targets, Split = other.Split, Policy = other.Policy } == other
            && one.Hosts.SequenceEqual(other.Hosts)
            && one.Targets.SequenceEqual(other.Targets)
            && (one.Policy ?? RoutePolicy.Default) == (other.Policy ?? RoutePolicy.Default)
            && SameContent(one.Split, other.Split);

    private static bool SameContent(RouteSplit? one, RouteSplit? other)
        => one is null || other is null
            ? one == other
            : one with { Targets = other.Targets } == other && one.Targets.SequenceEqual(other.Targets);

    private static string? Problem(string app, RoutePolicy policy)
        => policy is { HoldSeconds: < 0 } or { HstsSeconds: < 0 } or { MaxConcurrent: < 0 } or { MaxQueued: < 0 }
            or { RequestsPerSecond: < 0 } or { ClientRequestsPerSecond: < 0 }
            ? $"a limit of app {app} is negative"
            : policy.HoldSeconds > LongestHold ? $"the hold of app {app} is {policy.HoldSeconds} s, at most {LongestHold} s are possible"
            : new[] { policy.ErrorPageUrl, policy.MaintenancePageUrl }.Where(url => url is not null && !IsPage(url))
                .Select(url => $"a page of app {app} is at '{url}', wanted is an http or https address").FirstOrDefault();

    private static bool IsPage(string url) => Uri.TryCreate(url, UriKind.Absolute, out var page) && page!.Scheme is "http" or "https";

    private static string? Problem(string app, RouteTarget? target) => target switch
    {
        not { Id.Length: > 0 } => $"a target of app {app} has no id",
        { Address: { } address } when IPEndPoint.TryParse(address, out var endPoint) && endPoint.Port > 0 => null,
        _ => $"target {target.Id} of app {app} has the address '{target.Address}', wanted is one like 10.213.0.7:5000",
    };
}
