using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class RoutingCommands
{
    private static readonly string[] FeatureNames = ["http-session-affinity", "require-provenance"];

    public static IReadOnlyList<PaasCommand> All() => [Show(), Set(), Unset(), Features(), Switch(on: true), Switch(on: false)];

    private static PaasCommand Show() => new PaasCommand("routing", "Show the rules for an app's visitors", "paas routing", "paas routing --json")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        Print(session, await session.AskAsync(api => api.RoutingAsync(app, cancellation)));
    });

    private static PaasCommand Set()
    {
        var pairs = new Argument<string[]>("RULE=VALUE") { Arity = ArgumentArity.OneOrMore, Description = "Rule and its new value; `paas routing` lists them" };
        return new PaasCommand(
            "routing:set",
            "Change rules for an app's visitors; nothing restarts",
            "paas routing:set https-only=on hsts=30d",
            "paas routing:set max-concurrent=50 client-requests-per-second=20 -a myapp")
        {
            pairs, CommonOptions.App, CommonOptions.Json,
        }
        .Completes(RoutingRuleNames.All.Select(name => name + "="))
        .Runs((session, cancellation) => ChangeAsync(session, session.Value(pairs)!.Select(Assignment), cancellation));
    }

    private static PaasCommand Unset()
    {
        var rules = new Argument<string[]>("RULE") { Arity = ArgumentArity.OneOrMore, Description = "Rule to take back" };
        return new PaasCommand("routing:unset", "Give rules their default value again", "paas routing:unset max-concurrent")
        {
            rules, CommonOptions.App, CommonOptions.Json,
        }
        .Completes(RoutingRuleNames.All)
        .Runs((session, cancellation) => ChangeAsync(session, session.Value(rules)!.Select(rule => (rule, (string?)null)), cancellation));
    }

    private static async Task ChangeAsync(Session session, IEnumerable<(string Rule, string? Value)> changes, CancellationToken cancellation)
    {
        var wanted = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (rule, value) in changes)
        {
            wanted[rule] = value;
        }
        var app = await session.AppAsync(cancellation);
        var what = $"Changing {string.Join(", ", wanted.Keys)} of {app}";
        var rules = await session.WaitAsync(what, async _ => await session.Api.SetRoutingAsync(app, wanted, cancellation));
        if (!session.Out.Json(rules, ProtocolJson.Default))
        {
            var now = rules.Where(rule => wanted.ContainsKey(rule.Name)).Select(rule => $"{rule.Name}={rule.Value}");
            session.Out.Line($"{what}... done, now {string.Join(" ", now)}");
        }
    }

    private static void Print(Session session, ImmutableArray<RoutingRuleInfo> rules)
    {
        if (!session.Out.Json(rules, ProtocolJson.Default))
        {
            session.Out.Table(
                ["Rule", "Value", "Meaning"],
                rules.Select(rule => (Cell[])[rule.Name, new Cell(rule.Value, rule.Value == rule.Default ? Tint.None : Tint.Good), new Cell(rule.Description, Tint.Faint)]));
        }
    }

    private static PaasCommand Features() => new PaasCommand("features", "List an app's features, as Heroku names them", "paas features")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var features = await session.AskAsync(api => api.FeaturesAsync(app, cancellation));
        if (!session.Out.Json(features, ProtocolJson.Default))
        {
            session.Out.Table(
                ["Feature", "State", "Meaning"],
                features.Select(feature => (Cell[])
                [
                    feature.Name,
                    feature.Enabled ? new Cell("on", Tint.Good) : "off",
                    new Cell(feature.Description, Tint.Faint),
                ]));
        }
    });

    private static PaasCommand Switch(bool on)
    {
        var name = new Argument<string>("FEATURE") { Description = "Feature; `paas features` lists them" };
        var verb = on ? "enable" : "disable";
        return new PaasCommand($"features:{verb}", $"Switch a feature {(on ? "on" : "off")}", $"paas features:{verb} {FeatureNames[0]}", $"paas features:{verb} {FeatureNames[1]}")
        {
            name, CommonOptions.App, CommonOptions.Json,
        }
        .Completes(FeatureNames)
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var what = $"{(on ? "Enabling" : "Disabling")} {session.Value(name)} for {app}";
            var feature = await session.WaitAsync(what, async _ => await session.Api.SetFeatureAsync(app, session.Value(name)!, on, cancellation));
            if (!session.Out.Json(feature, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... done");
            }
        });
    }

    private static (string Rule, string? Value) Assignment(string pair)
    {
        var separator = pair.IndexOf('=', StringComparison.Ordinal);
        return separator > 0
            ? (pair[..separator], pair[(separator + 1)..])
            : throw new PaasException($"\"{pair}\" is not of the form RULE=VALUE.", ExitCodes.Usage);
    }
}
