using System.CommandLine;
using System.CommandLine.Help;
using MiniPaaS.Cli.Commands;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli;

/// <summary>From arguments to an exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        // `@file` is a legal config var value; it must not be replaced by the contents of a file.
        var parse = Root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Errors.Count > 0)
        {
            return Report(UsageProblem.Describe(parse), ExitCodes.Usage);
        }
        try
        {
            return await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, CancellationToken.None);
        }
        catch (PaasException problem)
        {
            return Report(problem.Message, problem.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (BrokenPipeException)
        {
            return ExitCodes.Ok;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return Report(problem.Message, ExitCodes.Failed);
        }
    }

    /// <summary>All commands, in the order of the overview.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand("MiniPaaS: git push to deploy, on a machine of your own.");
        root.Options.Clear();
        root.Directives.Clear();
        root.Add(new HelpOption("--help", "-h") { Description = "Show help", Action = new HelpPage() });
        foreach (var (_, commands) in CommandGroups.All)
        {
            foreach (var command in commands)
            {
                root.Add(command);
            }
        }
        root.SetAction(parse => HelpPage.Write(parse.RootCommandResult.Command));
        return root;
    }

    private static int Report(string message, int exitCode)
    {
        var colour = !Console.IsErrorRedirected && Output.ColourWanted;
        Console.Error.WriteLine((colour ? "\e[31mError:\e[0m " : "Error: ") + Printable.Text(message));
        return exitCode;
    }
}
