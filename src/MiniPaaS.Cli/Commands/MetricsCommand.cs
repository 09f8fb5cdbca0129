using System.CommandLine;
using System.Globalization;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class MetricsCommand
{
    public static IReadOnlyList<PaasCommand> All()
    {
        var all = new Option<bool>("--all") { Description = "Print every figure of the platform in Prometheus' text format" };
        var command = new PaasCommand("metrics", "Show what the router counted of an app since it started", "paas metrics", "paas metrics --all | grep ^minipaas_router_")
        {
            all, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) => session.Value(all) ? PrintAllAsync(session, cancellation) : PrintAsync(session, cancellation));
        return [command];
    }

    private static async Task PrintAsync(Session session, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var metrics = await session.AskAsync(api => api.MetricsAsync(app, cancellation));
        if (session.Out.Json(metrics, ProtocolJson.Default))
        {
            return;
        }
        var failed = string.Create(CultureInfo.InvariantCulture, $"{metrics.ErrorRate * 100:0.##} % answered with 5xx");
        session.Out.Details($"{app} metrics",
        [
            ("Requests", Number(metrics.Requests)),
            ("Statuses", metrics.Statuses.IsEmpty ? "-" : string.Join(", ", metrics.Statuses.Select(status => $"{status.Key} {Number(status.Value)}"))),
            ("Errors", new Cell(failed, metrics.ErrorRate > 0 ? Tint.Bad : Tint.Good)),
            ("Half within", Milliseconds(metrics.P50)),
            ("99 % within", Milliseconds(metrics.P99)),
            ("In flight", Number(metrics.InFlight)),
            ("Queued", Number(metrics.Queued)),
            ("Bytes sent", Number(metrics.Bytes)),
        ]);
    }

    private static async Task PrintAllAsync(Session session, CancellationToken cancellation)
    {
        using var response = await session.AskAsync(api => api.AllMetricsAsync(cancellation));
        session.Out.Raw(await response.Content.ReadAsStringAsync(cancellation));
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(double? seconds) =>
        seconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value * 1000:0.0} ms") : "-";
}
