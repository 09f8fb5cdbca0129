using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>A web dyno that passed its checks.</summary>
/// <param name="Id">Container id.</param>
/// <param name="Deployment">Deployment it belongs to.</param>
/// <param name="Name">As in <c>web.1</c>.</param>
/// <param name="Ordinal">The 1 of <c>web.1</c>.</param>
/// <param name="Address">IPv4 address without port.</param>
internal sealed record ServingDyno(string Id, long Deployment, string Name, int Ordinal, string Address);

/// <summary>What the rows of an app say about its route.</summary>
internal sealed record RouteWish
{
    /// <summary>App name.</summary>
    public required string App { get; init; }

    /// <summary>Number of the live release, or null.</summary>
    public int? Release { get; init; }

    /// <summary>Deployment whose dynos serve, or null.</summary>
    public long? Deployment { get; init; }

    /// <summary>Wanted number of web dynos: those above it are on their way out.</summary>
    public required int Quantity { get; init; }

    /// <summary>The app's domains.</summary>
    public required ImmutableArray<string> Hosts { get; init; }

    /// <summary>How its visitors are treated.</summary>
    public Traffic Traffic { get; init; } = Traffic.Default;

    /// <summary>Config vars of the live release.</summary>
    public ConfigVars ConfigVars { get; init; } = ConfigVars.Empty;

    /// <summary>The release that a part of the visitors gets, or null.</summary>
    public Canary? Canary { get; init; }

    /// <summary>True while the app's certificates are ordered by ACME.</summary>
    public bool Acme { get; init; }
}

/// <summary>What the routers should know of an app: a pure function of rows, of the dynos that passed their checks, and of the time.</summary>
internal static class RouteBook
{
    /// <summary>Port every web dyno listens on; each has an address of its own.</summary>
    public const int DynoPort = 5000;

    /// <summary>Config vars that name an app's own pages (Heroku's names).</summary>
    public const string ErrorPageUrl = "ERROR_PAGE_URL";

    /// <inheritdoc cref="ErrorPageUrl"/>
    public const string MaintenancePageUrl = "MAINTENANCE_PAGE_URL";

    // The daemon ends a hold, the router only when the daemon does not: it must not be first.
    private const int HoldMarginSeconds = 10;

    /// <param name="wish">What the rows say.</param>
    /// <param name="dynos">All web dynos that passed their checks, of any release.</param>
    /// <param name="idle">Why there are no live dynos, should there be none.</param>
    /// <param name="now">The time: a hold may be over.</param>
    /// <param name="version">Version of the route.</param>
    public static AppRoute Of(RouteWish wish, IEnumerable<ServingDyno> dynos, WebState idle, DateTimeOffset now, long version)
    {
        var serving = dynos.Where(d => d.Ordinal <= wish.Quantity).OrderBy(d => d.Ordinal).ToArray();
        var live = Targets(serving, wish.Deployment);
        var mode = wish.Traffic.Maintenance ? RouteMode.Maintenance : wish.Traffic.IsHeld(now) ? RouteMode.Hold : RouteMode.Serve;
        return new AppRoute(
            wish.App,
            version,
            wish.Release ?? 0,
            wish.Hosts,
            mode,
            live,
            live.IsEmpty ? idle : WebState.None,
            Split(wish.Canary, serving),
            Policy(wish, mode));
    }

    /// <summary>Why no dyno serves: none is wanted, all wait for the end of a pause after a crash, or some are on their way.</summary>
    /// <param name="wanted">Number of wanted web dynos of the live release.</param>
    /// <param name="crashed">How many of them are in a pause after a crash.</param>
    public static WebState Idle(int wanted, int crashed) =>
        wanted == 0 ? WebState.None : crashed < wanted ? WebState.Starting : WebState.Crashed;

    /// <summary>True when two routes differ in nothing but their version.</summary>
    public static bool SameContent(AppRoute one, AppRoute other) =>
        one with { Version = other.Version, Hosts = other.Hosts, Targets = other.Targets, Split = other.Split } == other
        && one.Hosts.SequenceEqual(other.Hosts)
        && one.Targets.SequenceEqual(other.Targets)
        && (one.Split is null || other.Split is null
            ? one.Split == other.Split
            : one.Split with { Targets = other.Split.Targets } == other.Split && one.Split.Targets.SequenceEqual(other.Split.Targets));

    // Nobody is sent to a canary that cannot answer, nor to one whose share is nothing, whatever his cookie says.
    private static RouteSplit? Split(Canary? canary, ServingDyno[] serving) =>
        canary is { Percent: > 0 } && Targets(serving, canary.Deployment) is { IsEmpty: false } targets
            ? new RouteSplit(canary.Release, canary.Percent, targets)
            : null;

    private static ImmutableArray<RouteTarget> Targets(ServingDyno[] serving, long? deployment) =>
        [.. serving.Where(d => d.Deployment == deployment).Select(d => new RouteTarget(d.Id, $"{d.Address}:{DynoPort}", d.Name))];

    private static RoutePolicy Policy(RouteWish wish, RouteMode mode) => new()
    {
        HoldSeconds = mode == RouteMode.Hold ? wish.Traffic.HoldSeconds + HoldMarginSeconds : RoutePolicy.Default.HoldSeconds,
        SessionAffinity = wish.Traffic.IsOn(RoutingRule.SessionAffinity),
        HttpsOnly = wish.Traffic.IsOn(RoutingRule.HttpsOnly),
        HstsSeconds = wish.Traffic.NumberOf(RoutingRule.Hsts),
        ErrorPageUrl = Page(wish.ConfigVars, ErrorPageUrl),
        MaintenancePageUrl = Page(wish.ConfigVars, MaintenancePageUrl),
        MaxConcurrent = wish.Traffic.NumberOf(RoutingRule.MaxConcurrent),
        MaxQueued = wish.Traffic.NumberOf(RoutingRule.MaxQueued),
        RequestsPerSecond = wish.Traffic.NumberOf(RoutingRule.RequestsPerSecond),
        ClientRequestsPerSecond = wish.Traffic.NumberOf(RoutingRule.ClientRequestsPerSecond),
        AcmeChallenges = wish.Acme,
    };

    // A router refuses any other scheme, and with it the whole route.
    private static string? Page(ConfigVars vars, string name) =>
        vars.Find(name)?.Reveal() is { } text && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url!.Host.Length > 0
            ? url.AbsoluteUri
            : null;
}
