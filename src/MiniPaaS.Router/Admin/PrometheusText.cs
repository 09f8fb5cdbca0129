using System.Globalization;
using System.Text;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Admin;

/// <summary>Metrics in Prometheus' text format, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Durations = "minipaas_router_request_duration_seconds";

    public static string Of(MetricFamilies families)
    {
        var text = new StringBuilder(16 << 10);
        foreach (var family in families.All)
        {
            Head(text, family.Name, family.Help, family.IsCounter ? "counter" : "gauge");
            foreach (var sample in family.Read())
            {
                Line(text, family.Name, sample);
            }
        }

        Head(text, Durations, "Time from a request's arrival to the end of its answer, by app.", "histogram");
        foreach (var (app, meters) in families.Times)
        {
            Histogram(text, app, meters);
        }

        return text.ToString();
    }

    private static void Histogram(StringBuilder text, string app, AppMeters meters)
    {
        long count = 0;
        for (var index = 0; index <= AppMeters.Bounds.Length; index++)
        {
            count += meters.OfTime(index);
            var bound = index < AppMeters.Bounds.Length ? Number(AppMeters.Bounds[index]) : "+Inf";
            Line(text, $"{Durations}_bucket", new Sample(count, ("app", app), ("le", bound)));
        }

        Line(text, $"{Durations}_sum", new Sample(meters.Time.TotalSeconds, ("app", app)));
        Line(text, $"{Durations}_count", new Sample(count, ("app", app)));
    }

    private static void Head(StringBuilder text, string name, string help, string type)
        => text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, Sample sample)
    {
        text.Append(name);
        if (sample.Labels.Length > 0)
        {
            text.Append('{').AppendJoin(',', sample.Labels.Select(label => $"{label.Name}=\"{Escape(label.Value)}\"")).Append('}');
        }

        text.Append(' ').Append(Number(sample.Value)).Append('\n');
    }

    private static string Escape(string value)
        => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
