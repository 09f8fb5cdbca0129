using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>Where an app's log is sent.</summary>
internal static class DrainCommands
{
    public static IReadOnlyList<PaasCommand> All() => [List(), Add(), Remove()];

    private static PaasCommand List() => new PaasCommand("drains", "List where an app's log is sent", "paas drains", "paas drains --json | jq -r '.[].url'")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var drains = await session.AskAsync(api => api.DrainsAsync(app, cancellation));
        if (session.Out.Json(drains, ProtocolJson.Default))
        {
            return;
        }
        if (drains.IsEmpty)
        {
            session.Out.Note($"The log of {app} is sent nowhere. Add a receiver with `paas drains:add URL`.");
        }
        session.Out.Table(
            ["Drain", "Token", "Delivered", "Dropped", "Trouble"],
            drains.Select(drain => (Cell[])
            [
                drain.Url,
                new Cell(drain.Token, Tint.Faint),
                $"{drain.Delivered}",
                new Cell($"{drain.Dropped}", drain.Dropped > 0 ? Tint.Bad : Tint.Faint),
                drain.Error is { } error ? new Cell(error, Tint.Bad) : "-",
            ]));
    });

    private static PaasCommand Add()
    {
        var url = new Argument<string>("URL") { Description = "syslog://, syslog+tls://, https:// or http:// address of the receiver" };
        return new PaasCommand(
            "drains:add",
            "Send an app's log somewhere, from now on",
            "paas drains:add syslog+tls://logs.example.org:6514",
            "paas drains:add https://user:password@logs.example.org/heroku/logplex")
        {
            url, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var drain = await session.WaitAsync($"Adding a log drain to {app}", async _ => await session.Api.AddDrainAsync(app, session.Value(url)!, cancellation));
            if (!session.Out.Json(drain, ProtocolJson.Default))
            {
                session.Out.Line($"Adding a log drain to {app}... done, its token is {drain.Token}");
            }
        });
    }

    private static PaasCommand Remove()
    {
        var which = new Argument<string>("DRAIN") { Description = "Address or token of the drain" };
        return new PaasCommand("drains:remove", "Stop sending an app's log somewhere", "paas drains:remove syslog+tls://logs.example.org:6514")
        {
            which, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var drain = await session.WaitAsync(
                $"Removing a log drain from {app}", async _ => await session.Api.RemoveDrainAsync(app, session.Value(which)!, cancellation));
            if (!session.Out.Json(drain, ProtocolJson.Default))
            {
                session.Out.Line($"Removing a log drain from {app}... done");
            }
        });
    }
}
