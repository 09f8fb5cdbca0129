using System.CommandLine;
using System.Globalization;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>Which apps contain a package.</summary>
internal static class AuditCommand
{
    public static IReadOnlyList<PaasCommand> All()
    {
        var package = new Argument<string>("PACKAGE[@VERSION]")
        {
            Description = "Name, ecosystem:name or package URL; a version, or a range such as '<1.2.3' or '>=1.0,<1.2.3'",
        };
        var all = new Option<bool>("--all") { Description = "Also look at earlier releases, which a rollback can bring back" };
        return
        [
            new PaasCommand(
                "audit",
                "List the apps that contain a package",
                "paas audit openssl",
                "paas audit 'npm:lodash@<4.17.21'",
                "paas audit pkg:composer/monolog/monolog@2.9.1 --all")
            {
                package, all, CommonOptions.Json,
            }
            .Runs(async (session, cancellation) =>
            {
                var report = await session.AskAsync(api => api.AuditAsync(session.Value(package)!, session.Value(all), cancellation));
                if (!session.Out.Json(report, ProtocolJson.Default))
                {
                    Print(session.Out, session.Value(package)!, report);
                }
            }),
        ];
    }

    private static void Print(Output output, string package, AuditReport report)
    {
        output.Table(
            ["App", "Release", "Ecosystem", "Package", "Version"],
            report.Matches.Select(match => (Cell[])
            [
                match.App,
                new Cell($"v{match.Release}", match.Current ? Tint.Good : Tint.Faint),
                match.Ecosystem,
                match.Package,
                match.Version,
            ]));
        if (report.Matches.IsEmpty)
        {
            output.Note($"No release of {Count(report.Releases - report.Unknown.Length)} that were looked at contains {package}.");
        }

        if (!report.Unknown.IsEmpty)
        {
            var releases = string.Join(", ", report.Unknown.Select(release => $"{release.App} v{release.Release}"));
            output.Note($"Nothing is known about {Count(report.Unknown.Length)} without an SBOM ({releases}): the next build of each makes one.");
        }
    }

    private static string Count(int releases) => string.Create(CultureInfo.InvariantCulture, $"{releases} release{(releases == 1 ? "" : "s")}");
}
