using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MiniPaaS.Router.Reporting;

/// <summary>
/// Counts of the whole router, and the meter <c>MiniPaaS.Router</c> through which OpenTelemetry and dotnet-counters read what
/// <c>GET /metrics</c> tells Prometheus.
/// </summary>
internal sealed class RouterMeters : IDisposable
{
    private static readonly TimeSpan SlowChange = TimeSpan.FromMilliseconds(1);

    private readonly Meter meter = new("MiniPaaS.Router");
    private readonly Histogram<double> durations;
    private readonly ConcurrentDictionary<ErrorCode, long> errors = new();
    private long flips;
    private long slowChanges;
    private long drains;
    private int connections;
    private long refusedConnections;

    public RouterMeters()
    {
        durations = meter.CreateHistogram("minipaas.router.request.duration", "s", "Time from a request's arrival to the end of its answer.",
            tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = AppMeters.Bounds });
    }

    public Meter Meter => meter;

    /// <summary>Changes of a route that an app already had.</summary>
    public long Flips => Volatile.Read(ref flips);

    /// <summary>Changes of one app's route that took more than a millisecond from the order to being in force.</summary>
    public long SlowChanges => Volatile.Read(ref slowChanges);

    /// <summary>Targets that left a route and have been let go by their last request.</summary>
    public long Drains => Volatile.Read(ref drains);

    /// <summary>Open public connections.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Connections refused because there were too many.</summary>
    public long RefusedConnections => Volatile.Read(ref refusedConnections);

    public IEnumerable<(ErrorCode Error, long Count)> Errors => errors.Select(pair => (pair.Key, pair.Value));

    public void Flipped() => Interlocked.Increment(ref flips);

    public void Applied(TimeSpan took) => Interlocked.Add(ref slowChanges, took > SlowChange ? 1 : 0);

    public void Drained() => Interlocked.Increment(ref drains);

    /// <summary>Counts one more; returns how many are open now.</summary>
    public int ConnectionOpened() => Interlocked.Increment(ref connections);

    public void ConnectionClosed() => Interlocked.Decrement(ref connections);

    /// <summary>Counts one more; returns how many there were since start.</summary>
    public long ConnectionRefused() => Interlocked.Increment(ref refusedConnections);

    public void Finished(string app, int status, ErrorCode? error, TimeSpan service)
    {
        if (error is not null)
        {
            errors.AddOrUpdate(error, 1, static (_, count) => count + 1);
        }

        // Only while somebody listens: a record costs as much as a good part of the request.
        if (durations.Enabled)
        {
            durations.Record(service.TotalSeconds, new TagList { { "app", app }, { "status", status } });
        }
    }

    public void Dispose() => meter.Dispose();
}
