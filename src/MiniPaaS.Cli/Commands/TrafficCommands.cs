using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class TrafficCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Maintenance(), MaintenanceSwitch(on: true), MaintenanceSwitch(on: false), Show(), Hold(), Resume()];

    private static PaasCommand Maintenance() => new PaasCommand("maintenance", "Show whether visitors get the maintenance page", "paas maintenance")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var name = await session.AppAsync(cancellation);
        var app = await session.AskAsync(api => api.AppAsync(name, cancellation));
        if (!session.Out.Json(app, ProtocolJson.Default))
        {
            session.Out.Line(app.Maintenance ? "on" : "off");
        }
    });

    private static PaasCommand MaintenanceSwitch(bool on) => new PaasCommand(
        on ? "maintenance:on" : "maintenance:off",
        on ? "Show visitors the maintenance page (MAINTENANCE_PAGE_URL, or a plain one)" : "Let visitors reach the app again",
        on ? "paas maintenance:on -a myapp" : "paas maintenance:off -a myapp")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var name = await session.AppAsync(cancellation);
        var what = $"{(on ? "Enabling" : "Disabling")} maintenance mode for {name}";
        var app = await session.WaitAsync(what, async _ => await session.Api.SetMaintenanceAsync(name, on, cancellation));
        if (!session.Out.Json(app, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done");
        }
    });

    private static PaasCommand Show() => new PaasCommand("traffic", "Show whether requests are served or held", "paas traffic")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var traffic = await session.AskAsync(api => api.TrafficAsync(app, cancellation));
        if (!session.Out.Json(traffic, ProtocolJson.Default))
        {
            session.Out.Table(["Mode", "Until"], [[new Cell(traffic.Mode, traffic.Mode == "serve" ? Tint.Good : Tint.Busy), Until(session.Out, traffic)]]);
        }
    });

    private static PaasCommand Hold()
    {
        var length = new Option<string>("--for") { HelpName = "TIME", Description = "How long at most, as in 30s or 2m (default: 30s)", DefaultValueFactory = _ => "30s" };
        return new PaasCommand(
            "traffic:hold", "Let requests wait, so that a short work behind the app is not seen", "paas traffic:hold --for 1m && ./migrate && paas traffic:resume")
        {
            length, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var seconds = HoldLength.Parse(session.Value(length)!);
            var app = await session.AppAsync(cancellation);
            var what = $"Holding requests to {app}";
            var traffic = await session.WaitAsync(what, async _ => await session.Api.HoldAsync(app, seconds, cancellation));
            if (!session.Out.Json(traffic, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... done, for {seconds} s at most");
            }
        });
    }

    private static PaasCommand Resume() => new PaasCommand("traffic:resume", "Let held requests go through", "paas traffic:resume")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Resuming requests to {app}";
        var traffic = await session.WaitAsync(what, async _ => await session.Api.ResumeAsync(app, cancellation));
        if (!session.Out.Json(traffic, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done");
        }
    });

    private static string Until(Output output, TrafficInfo traffic) => traffic.Until is { } until ? output.Moment(until) : "-";
}
