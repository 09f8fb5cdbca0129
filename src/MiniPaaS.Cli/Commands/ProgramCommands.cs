using System.CommandLine;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli.Commands;

internal static class ProgramCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Version(), Completion(), Help()];

    private static PaasCommand Version() => new PaasCommand("version", "Print the version of this program", "paas version")
    {
        CommonOptions.Json,
    }
    .Runs((session, _) =>
    {
        var version = new VersionOutput(VersionText.Number, VersionText.Platform, VersionText.Runtime);
        if (!session.Out.Json(version, OutputJson.Default))
        {
            session.Out.Line(VersionText.Line);
        }
        return Task.CompletedTask;
    });

    private static PaasCommand Completion()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash" }.AcceptOnlyFromAmong("bash");
        return new PaasCommand(
            "completion",
            "Print a script that completes paas command lines",
            "paas completion bash > /etc/bash_completion.d/paas",
            "source <(paas completion bash)")
        {
            shell,
        }
        .Runs((session, _) =>
        {
            session.Out.Raw(BashCompletion.Script(session.Parse.RootCommandResult.Command));
            return Task.CompletedTask;
        });
    }

    private static PaasCommand Help()
    {
        var topic = new Argument<string?>("COMMAND") { Arity = ArgumentArity.ZeroOrOne, Description = "Command to explain" };
        return new PaasCommand("help", "Show help for a command, or the overview", "paas help config:set") { topic }.Runs((session, _) =>
        {
            var root = session.Parse.RootCommandResult.Command;
            var name = session.Value(topic);
            var command = name is null ? root : root.Subcommands.FirstOrDefault(other => other.Name == name || other.Aliases.Contains(name));
            HelpPage.Write(command ?? throw new PaasException(UsageProblem.UnknownCommand(root, name!), ExitCodes.Usage));
            return Task.CompletedTask;
        });
    }
}
