using System.CommandLine;
using System.CommandLine.Parsing;

namespace MiniPaaS.Cli;

/// <summary>Words what is wrong with a command line and what was probably meant.</summary>
internal static class UsageProblem
{
    public static string Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        if (command is RootCommand)
        {
            return UnknownCommand(command, parse.UnmatchedTokens.Count > 0 ? parse.UnmatchedTokens[0] : "");
        }
        return Detail(parse, command) + $"\nUsage: {HelpPage.Usage(command)}\nSee `paas help {command.Name}`.";
    }

    /// <summary>Names the command that was probably meant, if any is near.</summary>
    public static string UnknownCommand(Command root, string word)
    {
        var names = root.Subcommands.SelectMany(command => command.Aliases.Prepend(command.Name));
        var meant = Nearest(word, names);
        return $"\"{word}\" is not a paas command.{(meant is null ? "" : $" Did you mean `paas {meant}`?")} See `paas help`.";
    }

    private static string Detail(ParseResult parse, Command command)
    {
        var missing = parse.Errors.Select(error => error.SymbolResult).OfType<ArgumentResult>().FirstOrDefault(result => result.Tokens.Count == 0);
        if (parse.UnmatchedTokens.Count > 0)
        {
            return Unmatched(parse, command, parse.UnmatchedTokens[0]);
        }
        return missing is not null && missing.Parent is CommandResult
            ? $"`paas {command.Name}` needs {missing.Argument.Name}."
            : parse.Errors[0].Message;
    }

    private static string Unmatched(ParseResult parse, Command command, string word)
    {
        if (word.StartsWith('-'))
        {
            var meant = Nearest(word, command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)));
            return $"`paas {command.Name}` has no option {word}.{(meant is null ? "" : $" Did you mean {meant}?")}";
        }
        var joined = $"{command.Name}:{word}";
        var root = parse.RootCommandResult.Command;
        return root.Subcommands.Any(other => other.Name == joined || other.Aliases.Contains(joined))
            ? $"`paas {command.Name}` takes no argument \"{word}\". Did you mean `paas {joined}`?"
            : $"`paas {command.Name}` cannot use the argument \"{word}\".";
    }

    private static string? Nearest(string word, IEnumerable<string> names)
    {
        var best = names.Select(name => (Name: name, Distance: Distance(word, name))).OrderBy(pair => pair.Distance).FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(1, word.Length / 3) ? best.Name : null;
    }

    /// <summary>Letters to insert, delete, replace or swap with their neighbour to turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        var cost = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }
                var replaced = cost[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }
        return cost[from.Length, to.Length];
    }
}
