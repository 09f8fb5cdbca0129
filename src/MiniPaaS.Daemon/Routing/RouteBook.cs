using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>A web dyno that passed its checks.</summary>
/// <param name="Id">Container id.</param>
/// <param name="Deployment">Deployment it belongs to.</param>
/// <param name="Name">As in <c>web.1</c>.</param>
/// <param name="Ordinal">The 1 of <c>web.1</c>.</param>
/// <param name="Address">IPv4 address without port.</param>
internal sealed record ServingDyno(string Id, long Deployment, string Name, int Ordinal, string Address);

/// <summary>What the routers should know of an app: a pure function of rows and of the dynos that passed their checks.</summary>
internal static class RouteBook
{
    /// <summary>Port every web dyno listens on; each has an address of its own.</summary>
    public const int DynoPort = 5000;

    /// <param name="app">App name.</param>
    /// <param name="liveRelease">Number of the live release, or null.</param>
    /// <param name="liveDeployment">Deployment whose dynos serve, or null.</param>
    /// <param name="quantity">Wanted number of web dynos: those above it are on their way out.</param>
    /// <param name="hosts">The app's domains.</param>
    /// <param name="dynos">All web dynos that passed their checks, of any release.</param>
    /// <param name="version">Version of the route.</param>
    /// <param name="acme">True while the app's certificates are ordered by ACME.</param>
    public static AppRoute Of(
        string app,
        int? liveRelease,
        long? liveDeployment,
        int quantity,
        ImmutableArray<string> hosts,
        IEnumerable<ServingDyno> dynos,
        long version,
        bool acme = false) =>
        new(
            app,
            version,
            liveRelease ?? 0,
            hosts,
            RouteMode.Serve,
            [
                .. dynos.Where(d => d.Deployment == liveDeployment && d.Ordinal <= quantity)
                    .OrderBy(d => d.Ordinal)
                    .Select(d => new RouteTarget(d.Id, $"{d.Address}:{DynoPort}", d.Name)),
            ],
            Policy: acme ? RoutePolicy.Default with { AcmeChallenges = true } : null);
}
