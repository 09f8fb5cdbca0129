using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class ConfigCommands
{
    private static readonly Option<bool> Shell = new("--shell", "-s") { Description = "Print KEY=value, quoted for a shell" };

    public static IReadOnlyList<PaasCommand> All() => [List(), Get(), Set(), Unset()];

    private static PaasCommand List() => new PaasCommand(
        "config", "Show config vars", "paas config", "paas config -s > .env", "paas config --json")
    {
        Shell, CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var vars = await session.AskAsync(api => api.ConfigVarsAsync(app, cancellation));
        if (session.Out.Json(vars, ProtocolJson.Default))
        {
            return;
        }
        if (session.Value(Shell))
        {
            PrintForShell(session.Out, vars);
        }
        else if (vars.IsEmpty)
        {
            session.Out.Note($"{app} has no config vars. Set one with `paas config:set KEY=VALUE`.");
        }
        else
        {
            session.Out.Details($"{app} config vars", vars.Select(pair => (pair.Key, (Cell)pair.Value)));
        }
    });

    private static PaasCommand Get()
    {
        var key = new Argument<string>("KEY") { Description = "Name of the config var" };
        return new PaasCommand("config:get", "Print the value of a config var", "paas config:get DATABASE_URL", "paas config:get GREETING -s")
        {
            key, Shell, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var name = session.Value(key)!;
            var vars = await session.AskAsync(api => api.ConfigVarsAsync(app, cancellation));
            if (!vars.TryGetValue(name, out var value))
            {
                throw new PaasException($"{name} is not set on {app}.");
            }
            var one = ImmutableSortedDictionary<string, string>.Empty.Add(name, value);
            if (session.Out.Json(one, ProtocolJson.Default))
            {
                return;
            }
            if (session.Value(Shell))
            {
                PrintForShell(session.Out, one);
            }
            else
            {
                session.Out.Line(value);
            }
        });
    }

    private static PaasCommand Set()
    {
        var pairs = new Argument<string[]>("KEY=VALUE") { Arity = ArgumentArity.OneOrMore, Description = "Config var and its new value" };
        return new PaasCommand(
            "config:set",
            "Set config vars; the app restarts with them as a new release, without a build",
            "paas config:set GREETING=hello",
            "paas config:set TOKEN=abc MODE=production -a myapp",
            "paas config:set \"CERT=$(cat cert.pem)\"")
        {
            pairs, CommonOptions.App, CommonOptions.Json,
        }
        .Also("config:add")
        .Runs((session, cancellation) => ChangeAsync(session, "Setting", Assignments(session.Value(pairs)!), cancellation));
    }

    private static PaasCommand Unset()
    {
        var keys = new Argument<string[]>("KEY") { Arity = ArgumentArity.OneOrMore, Description = "Name of the config var" };
        return new PaasCommand(
            "config:unset", "Remove config vars; the app restarts without them as a new release", "paas config:unset GREETING")
        {
            keys, CommonOptions.App, CommonOptions.Json,
        }
        .Also("config:remove")
        .Runs((session, cancellation) => ChangeAsync(
            session,
            "Unsetting",
            session.Value(keys)!.Distinct(StringComparer.Ordinal).ToDictionary(key => key, _ => (string?)null, StringComparer.Ordinal),
            cancellation));
    }

    private static async Task ChangeAsync(Session session, string verb, Dictionary<string, string?> changes, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var what = $"{verb} {string.Join(", ", changes.Keys)} and restarting {app}";
        var (change, deployment) = await session.WaitAsync(what, async status =>
        {
            var answer = await session.Api.ChangeConfigVarsAsync(app, changes, cancellation);
            var outcome = answer.Release is { } release
                ? await DeploymentWatch.FollowAsync(session.Api, app, release, status, cancellation)
                : null;
            return (answer, outcome);
        });
        if (session.Out.Json(new ConfigOutput(change.Vars, change.Release), OutputJson.Default))
        {
            return;
        }
        session.Out.Line(deployment is null
            ? $"{verb} {string.Join(", ", changes.Keys)} on {app}... done, nothing to restart"
            : $"{what}... {Outcome(deployment)}");
    }

    /// <summary>Words a deployment that succeeded, as in <c>done, v7 (0.8 s)</c>, or that waits as a canary.</summary>
    public static string Outcome(DeploymentInfo deployment) => deployment.Finished
        ? string.Create(CultureInfo.InvariantCulture, $"done, v{deployment.Release} ({deployment.Seconds:0.0} s)")
        : $"v{deployment.Release} is a canary now. Look at it with `paas canary`, make it live with `paas canary:promote`, or give it up with `paas canary:abort`";

    private static Dictionary<string, string?> Assignments(string[] pairs)
    {
        var changes = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var separator = pair.IndexOf('=', StringComparison.Ordinal);
            if (separator < 1)
            {
                throw new PaasException($"\"{pair}\" is not of the form KEY=VALUE.", ExitCodes.Usage);
            }
            changes[pair[..separator]] = pair[(separator + 1)..];
        }
        return changes;
    }

    // A name that no shell accepts as a variable could smuggle a command into `eval "$(paas config -s)"`.
    private static void PrintForShell(Output output, ImmutableSortedDictionary<string, string> vars)
    {
        foreach (var (key, value) in vars)
        {
            if (ShellQuote.IsVariableName(key))
            {
                output.Line($"{key}={ShellQuote.Word(value)}");
            }
            else
            {
                output.Note($"Left out {key}: a shell variable cannot have that name.");
            }
        }
    }
}
