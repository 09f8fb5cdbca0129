using System.CommandLine;
using System.Globalization;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class CanaryCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Show(), Set(), Promote(), Abort(), On(), Off()];

    private static PaasCommand Show() => new PaasCommand("canary", "Show the release that a part of the visitors gets", "paas canary")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var canary = await session.AskAsync(api => api.CanaryAsync(app, cancellation));
        if (session.Out.Json(canary, ProtocolJson.Default))
        {
            return;
        }
        if (canary.Open is { } open)
        {
            session.Out.Details($"{app} canary", Details(session.Out, open));
        }
        else
        {
            session.Out.Line("No canary is under way.");
        }
        session.Out.Line(canary.DefaultPercent > 0
            ? $"New releases begin with {canary.DefaultPercent} % of the visitors."
            : "New releases get all visitors at once; `paas canary:on 10` gives them a part first.");
    });

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, OpenCanary canary)
    {
        yield return ("Release", $"v{canary.Release}");
        yield return ("Description", canary.Description);
        yield return ("Visitors", $"{canary.Percent} % get v{canary.Release}, the others v{canary.Live}");
        yield return ("Since", output.Moment(canary.Since));
        yield return ("Dynos", canary.Dynos.IsEmpty ? "-" : string.Join(", ", canary.Dynos.Select(dyno => $"{dyno.Name} {dyno.State}")));
        if (canary.Problem is { } problem)
        {
            yield return ("Problem", new Cell(problem, Tint.Bad));
        }
    }

    private static PaasCommand Set()
    {
        var percent = PercentArgument();
        return new PaasCommand("canary:set", "Change how many of a hundred visitors get the canary", "paas canary:set 50")
        {
            percent, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var wanted = Percent(session.Value(percent)!, least: 0);
            var app = await session.AppAsync(cancellation);
            var what = $"Giving the canary of {app} {wanted} % of the visitors";
            var canary = await session.WaitAsync(what, async _ => await session.Api.SetCanaryAsync(app, wanted, cancellation));
            if (!session.Out.Json(canary, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... done");
            }
        });
    }

    private static PaasCommand Promote() => new PaasCommand("canary:promote", "Make the canary the live release", "paas canary:promote")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Promoting the canary of {app}";
        var deployment = await session.WaitAsync(what, async status =>
        {
            var end = await session.Api.PromoteCanaryAsync(app, cancellation);
            return await DeploymentWatch.FollowAsync(session.Api, app, end.Release, status, cancellation);
        });
        if (!session.Out.Json(deployment, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done, v{deployment.Release} is live");
        }
    });

    private static PaasCommand Abort() => new PaasCommand("canary:abort", "Give the canary up; the live release gets all visitors again", "paas canary:abort")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Giving up the canary of {app}";
        var end = await session.WaitAsync(what, async _ => await session.Api.AbortCanaryAsync(app, cancellation));
        if (!session.Out.Json(end, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done, v{end.Release} gets no visitors any more");
        }
    });

    private static PaasCommand On()
    {
        var percent = PercentArgument();
        return new PaasCommand("canary:on", "Begin every new release with a part of the visitors", "paas canary:on 10")
        {
            percent, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) => SetDefaultAsync(session, Percent(session.Value(percent)!, least: 1), cancellation));
    }

    private static PaasCommand Off() => new PaasCommand("canary:off", "Give new releases all visitors at once", "paas canary:off")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs((session, cancellation) => SetDefaultAsync(session, percent: null, cancellation));

    private static async Task SetDefaultAsync(Session session, int? percent, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Switching canaries of {app} {(percent is null ? "off" : "on")}";
        var change = new Dictionary<string, string?> { [RoutingRuleNames.Canary] = percent?.ToString(CultureInfo.InvariantCulture) };
        var rules = await session.WaitAsync(what, async _ => await session.Api.SetRoutingAsync(app, change, cancellation));
        if (!session.Out.Json(rules, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done{(percent is null ? "" : $", new releases begin with {percent} % of the visitors")}");
        }
    }

    private static Argument<string> PercentArgument() => new("PERCENT") { Description = "How many of a hundred visitors" };

    private static int Percent(string text, int least) =>
        int.TryParse(text.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent >= least && percent <= 100
            ? percent
            : throw new PaasException($"\"{text}\" is no share of a hundred visitors; give a number from {least} to 100.", ExitCodes.Usage);
}
