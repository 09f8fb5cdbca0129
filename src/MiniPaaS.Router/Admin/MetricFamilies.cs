using System.Diagnostics;
using System.Diagnostics.Metrics;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Admin;

/// <summary>One value with its labels.</summary>
internal readonly record struct Sample(double Value, params (string Name, string Value)[] Labels);

/// <summary>All values of one name.</summary>
/// <param name="Name">Prometheus name.</param>
/// <param name="Help">What it counts.</param>
/// <param name="IsCounter">Whether it only grows; else it is a gauge.</param>
/// <param name="Read">Its values now.</param>
internal sealed record MetricFamily(string Name, string Help, bool IsCounter, Func<IEnumerable<Sample>> Read);

/// <summary>What a router tells of itself.</summary>
internal sealed class MetricFamilies
{
    private static readonly Process Own = Process.GetCurrentProcess();

    private readonly RouteBoard board;

    public MetricFamilies(RouteBoard board, HealthWatch health, Traffic traffic, RequestLog requests, RouterMeters meters)
    {
        this.board = board;
        All =
        [
            Counter("requests_total", "Requests answered, by app and class of status.", ByClass),
            Counter("response_bytes_total", "Bytes of response bodies sent, by app.", () => ByApp(slot => slot.Meters.Bytes)),
            Gauge("in_flight", "Requests that a dyno has now, by app.", () => ByApp(slot => slot.Current.AllTargets.Sum(target => target.InFlight))),
            Gauge("queued", "Requests that wait now, by app.", () => ByApp(slot => slot.Current.Limits.Queued)),
            Counter("errors_total", "Requests not served, by error code.",
                () => meters.Errors.Select(one => new Sample(one.Count, ("code", one.Error.Code)))),
            Gauge("requests_in_flight", "Public requests under way, those for the control plane included.", () => One(traffic.InFlight)),
            Gauge("apps", "Apps routed.", () => One(board.Apps)),
            Counter("flips_total", "Changes of a route in force.", () => One(meters.Flips)),
            Counter("slow_changes_total", "Changes of one app's route that took more than a millisecond.", () => One(meters.SlowChanges)),
            Counter("drains_total", "Dynos that left a route and were let go by their last request.", () => One(meters.Drains)),
            Gauge("draining", "Dynos that left a route and still have requests.", () => One(board.Draining)),
            Gauge("unhealthy_dynos", "Dynos out of rotation.", () => One(health.Unhealthy.Length)),
            Gauge("connections", "Open public connections.", () => One(meters.Connections)),
            Counter("connections_refused_total", "Public connections refused because there were too many.", () => One(meters.RefusedConnections)),
            Counter("log_lines_dropped_total", "Lines of the request log that nobody fetched in time.", () => One(requests.Dropped)),
            Counter("cpu_seconds_total", "CPU time of the router's process.", () => One(Environment.CpuUsage.TotalTime.TotalSeconds)),
            Gauge("resident_memory_bytes", "Resident memory of the router's process.", () => One(ResidentMemory())),
        ];
        foreach (var family in All)
        {
            Observe(meters.Meter, family);
        }
    }

    public IReadOnlyList<MetricFamily> All { get; }

    /// <summary>Service times of every app that had a request: cumulative counts by upper bound, their number and sum.</summary>
    public IEnumerable<(string App, AppMeters Meters)> Times => Busy().Select(slot => (slot.Current.Route.App, slot.Meters));

    private IEnumerable<Sample> ByClass() => Busy().SelectMany(slot => Enumerable.Range(1, 5)
        .Where(hundreds => slot.Meters.OfClass(hundreds) > 0)
        .Select(hundreds => new Sample(slot.Meters.OfClass(hundreds), ("app", slot.Current.Route.App), ("status", $"{hundreds}xx"))));

    private IEnumerable<Sample> ByApp(Func<AppSlot, double> value) => Busy().Select(slot => new Sample(value(slot), ("app", slot.Current.Route.App)));

    // Thousands of apps without a visitor would only make the text long.
    private IEnumerable<AppSlot> Busy() => board.Slots().Where(slot => slot.Meters.HasAny || slot.Current.AllTargets.Any(target => target.InFlight > 0));

    private static IEnumerable<Sample> One(double value) => [new Sample(value)];

    private static double ResidentMemory()
    {
        Own.Refresh();
        return Own.WorkingSet64;
    }

    private static MetricFamily Counter(string name, string help, Func<IEnumerable<Sample>> read) => new($"minipaas_router_{name}", help, IsCounter: true, read);

    private static MetricFamily Gauge(string name, string help, Func<IEnumerable<Sample>> read) => new($"minipaas_router_{name}", help, IsCounter: false, read);

    private static void Observe(Meter meter, MetricFamily family)
    {
        var name = family.Name.Replace("_total", "", StringComparison.Ordinal).Replace("minipaas_router_", "minipaas.router.", StringComparison.Ordinal);
        IEnumerable<Measurement<double>> Measure() => family.Read().Select(sample
            => new Measurement<double>(sample.Value, sample.Labels.Select(label => new KeyValuePair<string, object?>(label.Name, label.Value))));
        if (family.IsCounter)
        {
            meter.CreateObservableCounter(name, Measure, unit: null, family.Help);
        }
        else
        {
            meter.CreateObservableGauge(name, Measure, unit: null, family.Help);
        }
    }
}
