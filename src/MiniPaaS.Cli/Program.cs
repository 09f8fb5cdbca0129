using System.Text;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli;

internal static class Program
{
    // `paas version` is what start-up is measured by, and what scripts ask most: it loads neither the parser nor Spectre.
    public static Task<int> Main(string[] args)
    {
        if (args is not (["version"] or ["--version"]))
        {
            return CommandLine.RunAsync(args);
        }
        using var output = new StandardOutput();
        output.Write(Encoding.UTF8.GetBytes(VersionText.Line + "\n"));
        return Task.FromResult(0);
    }
}
