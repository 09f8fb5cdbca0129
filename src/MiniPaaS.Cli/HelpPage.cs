using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using MiniPaaS.Cli.Commands;

namespace MiniPaaS.Cli;

/// <summary>Help for one command, or the overview of all.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command);
        return ExitCodes.Ok;
    }

    public static void Write(Command command) => Console.Out.Write(command is RootCommand ? Overview(command) : Page(command));

    /// <summary>One line of syntax.</summary>
    public static string Usage(Command command)
    {
        var arguments = command.Arguments.Select(argument => argument.Arity.MinimumNumberOfValues > 0
            ? Placeholder(argument)
            : $"[{Placeholder(argument)}]");
        return string.Join(' ', ["paas", command.Name, .. arguments, "[options]"]);
    }

    private static string Overview(Command root)
    {
        var text = new StringBuilder($"{root.Description}\n\nUsage: paas COMMAND [options]\n");
        var width = root.Subcommands.Max(command => command.Name.Length) + 2;
        foreach (var (group, commands) in CommandGroups.All)
        {
            text.Append($"\n{group}:\n");
            foreach (var command in commands.Where(command => !command.Hidden))
            {
                text.Append($"  {command.Name.PadRight(width)}{command.Description}\n");
            }
        }
        text.Append("\nRun `paas help COMMAND` for options and examples.\n");
        return text.ToString();
    }

    private static string Page(Command command)
    {
        var text = new StringBuilder($"{command.Description}\n\nUsage: {Usage(command)}\n");
        if (command.Aliases.Count > 0)
        {
            text.Append($"Also: {string.Join(", ", command.Aliases.Select(alias => "paas " + alias))}\n");
        }
        Section(text, "Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")));
        var options = command.Options.Append(command.Parents.OfType<RootCommand>().SelectMany(root => root.Options).OfType<HelpOption>().First());
        Section(text, "Options", options.Where(option => !option.Hidden).Select(option => (Spellings(option), option.Description ?? "")));
        if (command is PaasCommand { Examples.Count: > 0 } documented)
        {
            text.Append("\nExamples:\n");
            text.AppendJoin("", documented.Examples.Select(example => $"  $ {example}\n"));
        }
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, IEnumerable<(string Name, string Description)> rows)
    {
        var lines = rows.ToList();
        if (lines.Count == 0)
        {
            return;
        }
        var width = lines.Max(line => line.Name.Length) + 2;
        text.Append($"\n{title}:\n");
        text.AppendJoin("", lines.Select(line => $"  {line.Name.PadRight(width)}{line.Description}\n"));
    }

    private static string Placeholder(Argument argument) =>
        argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;

    private static string Spellings(Option option)
    {
        var shorts = option.Aliases.Where(alias => !alias.StartsWith("--", StringComparison.Ordinal));
        var longs = option.Aliases.Where(alias => alias.StartsWith("--", StringComparison.Ordinal)).Prepend(option.Name);
        var names = string.Join(", ", shorts.Concat(longs));
        return option.HelpName is null ? names : $"{names} {option.HelpName}";
    }
}
