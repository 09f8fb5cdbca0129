using System.Net;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>Judges routes that came from outside before they are put in force.</summary>
internal static class RouteCheck
{
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

        if (!Enum.IsDefined(route.Mode))
        {
            return $"the mode {route.Mode} of app {route.App} is unknown";
        }

        if (route.Hosts.Any(string.IsNullOrEmpty))
        {
            return $"a host of app {route.App} is empty";
        }

        return route.Targets.Select(target => Problem(route.App, target)).FirstOrDefault(problem => problem is not null)
            ?? (route.Targets.DistinctBy(target => target.Id, StringComparer.Ordinal).Count() < route.Targets.Length
                ? $"a target of app {route.App} is in its route twice"
                : null);
    }

    /// <summary>Whether two routes of an app say the same.</summary>
    public static bool SameContent(AppRoute one, AppRoute other)
        => one with { Hosts = other.Hosts, Targets = other.Targets } == other
            && one.Hosts.SequenceEqual(other.Hosts)
            && one.Targets.SequenceEqual(other.Targets);

    private static string? Problem(string app, RouteTarget? target) => target switch
    {
        not { Id.Length: > 0 } => $"a target of app {app} has no id",
        { Address: { } address } when IPEndPoint.TryParse(address, out var endPoint) && endPoint.Port > 0 => null,
        _ => $"target {target.Id} of app {app} has the address '{target.Address}', wanted is one like 10.213.0.7:5000",
    };
}
