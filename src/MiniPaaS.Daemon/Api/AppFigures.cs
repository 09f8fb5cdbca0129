using System.Collections.Immutable;
using System.Globalization;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>What routers counted of one app, read out of their metrics.</summary>
internal static class AppFigures
{
    private const string Router = "minipaas_router_";

    public static AppMetrics Of(string app, IEnumerable<MetricSample> samples)
    {
        var own = samples.Where(s => s.Name.StartsWith(Router, StringComparison.Ordinal) && s.Label("app") == app)
            .ToLookup(s => s.Name[Router.Length..]);
        var statuses = own["requests_total"].GroupBy(s => s.Label("status") ?? "")
            .ToImmutableSortedDictionary(s => s.Key, s => (long)s.Sum(one => one.Number), StringComparer.Ordinal);
        var requests = statuses.Values.Sum();
        var buckets = own["request_duration_seconds_bucket"].GroupBy(s => Bound(s.Label("le")))
            .OrderBy(b => b.Key).Select(b => (b.Key, b.Sum(one => one.Number))).ToImmutableArray();
        return new AppMetrics(
            requests,
            statuses,
            requests == 0 ? 0 : Math.Round(statuses.GetValueOrDefault("5xx") / (double)requests, 6),
            (int)own["in_flight"].Sum(s => s.Number),
            (int)own["queued"].Sum(s => s.Number),
            (long)own["response_bytes_total"].Sum(s => s.Number),
            Quantile(0.5, buckets),
            Quantile(0.99, buckets));
    }

    /// <summary>
    /// The value below which a part of the observations lies, assuming that those of a bucket are spread evenly over it, as
    /// Prometheus' <c>histogram_quantile</c> does; null without observations.
    /// </summary>
    /// <param name="part">From 0 to 1.</param>
    /// <param name="buckets">Upper bounds, ascending, and how many observations lie below each.</param>
    public static double? Quantile(double part, ImmutableArray<(double Bound, double Count)> buckets)
    {
        if (buckets.IsEmpty || buckets[^1].Count <= 0)
        {
            return null;
        }

        var rank = part * buckets[^1].Count;
        var (lower, below) = (0.0, 0.0);
        foreach (var (bound, count) in buckets)
        {
            if (count >= rank && count > below)
            {
                // In the last bucket nothing is known but that it was longer than all bounds.
                return double.IsPositiveInfinity(bound) ? lower : lower + ((bound - lower) * (rank - below) / (count - below));
            }

            (lower, below) = (bound, count);
        }

        return lower;
    }

    private static double Bound(string? text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        { } number when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) => bound,
        _ => double.PositiveInfinity,
    };
}
