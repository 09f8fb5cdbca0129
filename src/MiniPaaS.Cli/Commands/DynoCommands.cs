using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class DynoCommands
{
    // It runs once before a release goes live, and cannot be scaled.
    private const string ReleasePhase = "release";

    public static IReadOnlyList<PaasCommand> All() => [List(), Scale(), Restart()];

    private static PaasCommand List() => new PaasCommand("ps", "List running dynos", "paas ps", "paas ps --json | jq -r '.[] | select(.state != \"up\").name'")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Also("ps:list")
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var dynos = await session.AskAsync(api => api.DynosAsync(app, cancellation));
        if (session.Out.Json(dynos, ProtocolJson.Default))
        {
            return;
        }
        if (dynos.IsEmpty)
        {
            session.Out.Note($"No dynos run for {app}. Deploy with `git push paas master`, or scale with `paas ps:scale web=1`.");
        }
        session.Out.Table(
            ["Dyno", "State", "Release", "Since", "Command"],
            dynos.Select(dyno => (Cell[])
            [
                dyno.Name,
                new Cell(dyno.State, TintOf(dyno.State)),
                $"v{dyno.Release.Version}",
                session.Out.Moment(dyno.CreatedAt),
                new Cell(dyno.Command, Tint.Faint),
            ]));
    });

    private static PaasCommand Scale()
    {
        var wanted = new Argument<string[]>("TYPE=COUNT") { Arity = ArgumentArity.ZeroOrMore, Description = "Process type and its new number of dynos, or TYPE+N, TYPE-N" };
        return new PaasCommand(
            "ps:scale", "Change the number of dynos per process type, or show it", "paas ps:scale", "paas ps:scale web=2 worker=1", "paas ps:scale web+1")
        {
            wanted, CommonOptions.App, CommonOptions.Json,
        }
        .Also("scale", "dyno:scale")
        .Runs((session, cancellation) => session.Value(wanted) is { Length: > 0 } changes
            ? ScaleAsync(session, changes, cancellation)
            : ShowFormationAsync(session, cancellation));
    }

    private static async Task ShowFormationAsync(Session session, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var formation = (await session.AskAsync(api => api.FormationAsync(app, cancellation))).RemoveAll(entry => entry.Type == ReleasePhase);
        if (session.Out.Json(formation, ProtocolJson.Default))
        {
            return;
        }
        if (formation.IsEmpty)
        {
            session.Out.Note($"{app} has no process types yet. Deploy with `git push paas master`.");
        }
        session.Out.Table(
            ["Type", "Dynos", "Command"],
            formation.Select(entry => (Cell[])[entry.Type, $"{entry.Quantity}", new Cell(entry.Command ?? "-", Tint.Faint)]));
    }

    private static async Task ScaleAsync(Session session, string[] arguments, CancellationToken cancellation)
    {
        var changes = arguments.Select(ScaleChange.Parse).ToList();
        var app = await session.AppAsync(cancellation);
        var formation = await session.WaitAsync($"Scaling dynos of {app}", async _ =>
        {
            var update = new FormationUpdate([.. changes.Select(change => change.ToWire())]);
            return await session.Api.ScaleAsync(app, update, cancellation);
        });
        if (session.Out.Json(formation, ProtocolJson.Default))
        {
            return;
        }
        var running = changes.Select(change => formation.FirstOrDefault(entry => entry.Type == change.Type))
            .OfType<FormationInfo>()
            .Select(entry => $"{entry.Type} at {entry.Quantity}");
        session.Out.Line($"Scaling dynos of {app}... done, now running {string.Join(", ", running.Distinct(StringComparer.Ordinal))}");
    }

    private static PaasCommand Restart()
    {
        var dynos = new Argument<string?>("DYNO") { Arity = ArgumentArity.ZeroOrOne, Description = "A dyno or a process type; default: all dynos" };
        return new PaasCommand("ps:restart", "Restart dynos", "paas ps:restart", "paas ps:restart web", "paas ps:restart worker.1 -a myapp")
        {
            dynos, CommonOptions.App, CommonOptions.Json,
        }
        .Also("restart", "dyno:restart")
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var which = session.Value(dynos);
            var what = $"Restarting {(which is null ? "all dynos" : which)} of {app}";
            await session.WaitAsync(what, async _ =>
            {
                await session.Api.RestartAsync(app, which, cancellation);
                return true;
            });
            if (!session.Out.Json(new RestartOutput(app, which), OutputJson.Default))
            {
                session.Out.Line($"{what}... done");
            }
        });
    }

    private static Tint TintOf(string state) => state switch
    {
        "up" => Tint.Good,
        "crashed" or "unresponsive" => Tint.Bad,
        _ => Tint.Busy,
    };
}
