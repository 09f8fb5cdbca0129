using System.Diagnostics;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/metrics</c>: the control plane's own and every router's, for Prometheus; <c>/apps/{name}/metrics</c>: those of one app.</summary>
internal static class MetricsEndpoints
{
    public static void MapMetrics(
        this WebApplication app, Database database, RunningDynos running, RouterWatch routers, DeploymentFigures deployments, Builders builders)
    {
        app.MapGet("/metrics", async (CancellationToken ct) =>
        {
            var text = new PrometheusText();
            AddOwn(text, database, running, deployments);
            AddBuilders(text, database, builders);
            foreach (var (router, page) in await routers.MetricsAsync(ct))
            {
                text.Add(page, router);
            }

            return Results.Text(text.ToString(), PrometheusText.ContentType);
        });
        app.MapGet("/apps/{name}/metrics", async (string name, CancellationToken ct) =>
        {
            if (database.Read(db => AppTable.Find(db, name)) is null)
            {
                return ApiResults.NoApp(name);
            }

            var text = new PrometheusText();
            foreach (var (router, page) in await routers.MetricsAsync(ct))
            {
                // There may be thousands of other apps.
                text.Add(string.Join('\n', page.Split('\n').Where(line => line.StartsWith('#') || line.Contains($"app=\"{name}\"", StringComparison.Ordinal))), router);
            }

            return ApiResults.Json(AppFigures.Of(name, text.Samples), ProtocolJson.Default.AppMetrics);
        });
    }

    private static void AddOwn(PrometheusText text, Database database, RunningDynos running, DeploymentFigures deployments)
    {
        var apps = database.Read(AppTable.All);
        var states = apps.SelectMany(app => running.Of(app.Id)).CountBy(dyno => dyno.State).ToDictionary();
        using var own = Process.GetCurrentProcess();
        text.Add("minipaas_cpu_seconds_total", "counter", "CPU time of the control plane's process.", ("", Environment.CpuUsage.TotalTime.TotalSeconds));
        text.Add("minipaas_resident_memory_bytes", "gauge", "Resident memory of the control plane's process.", ("", own.WorkingSet64));
        text.Add("minipaas_apps", "gauge", "Apps.", ("", apps.Length));
        text.Add("minipaas_dynos", "gauge", "Dynos by state.",
            RunningDynos.States.Select(state => ($"state=\"{state}\"", (double)states.GetValueOrDefault(state))));
        text.Add("minipaas_deployments_total", "counter", "Deployments that ended, by result.",
            ("result=\"succeeded\"", deployments.Succeeded), ("result=\"failed\"", deployments.Failed));
        if (deployments.Last is { } last)
        {
            text.Add("minipaas_last_deployment_seconds", "gauge", "How long the last deployment took to its end, or to where it waits as a canary.", ("", last.TotalSeconds));
        }
    }

    private static void AddBuilders(PrometheusText text, Database database, Builders builders)
    {
        var names = database.Read(AppTable.All).ToDictionary(app => app.Id, app => app.Name);
        text.Add("minipaas_idle_builder_memory_bytes", "gauge", "Memory of the containers that wait for the next build of an app.",
            builders.Idle.Where(idle => names.ContainsKey(idle.AppId)).Select(idle => ($"app=\"{names[idle.AppId]}\"", (double)idle.Memory)));
    }
}
