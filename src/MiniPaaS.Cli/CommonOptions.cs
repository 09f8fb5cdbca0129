using System.CommandLine;

namespace MiniPaaS.Cli;

/// <summary>Options that many commands share.</summary>
internal static class CommonOptions
{
    public static readonly Option<string> App = new("--app", "-a")
    {
        HelpName = "APP",
        Description = "App; default: $PAAS_APP, then the git remote named paas",
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON" };
}
