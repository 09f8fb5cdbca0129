using System.CommandLine;
using System.Globalization;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class ReleaseCommands
{
    public static IReadOnlyList<PaasCommand> All() => [List(), Info(), RollBack()];

    private static PaasCommand List()
    {
        var number = new Option<int>("--num", "-n") { HelpName = "N", Description = "How many (default: 15)", DefaultValueFactory = _ => 15 };
        return new PaasCommand("releases", "List releases, newest first", "paas releases", "paas releases -n 50 -a myapp")
        {
            number, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var releases = await session.AskAsync(api => api.ReleasesAsync(app, session.Value(number), cancellation));
            if (session.Out.Json(releases, ProtocolJson.Default))
            {
                return;
            }
            if (releases.IsEmpty)
            {
                session.Out.Note($"{app} has no releases yet. Deploy with `git push paas master`.");
            }
            session.Out.Table(
                ["Release", "Status", "Description", "Created"],
                releases.Select(release => (Cell[])
                [
                    $"v{release.Version}",
                    Status(release),
                    release.Description,
                    new Cell(session.Out.Moment(release.CreatedAt), Tint.Faint),
                ]));
        });
    }

    private static PaasCommand Info()
    {
        var version = VersionArgument("Release, as in v7; default: the live one", ArgumentArity.ZeroOrOne);
        return new PaasCommand("releases:info", "Show a release", "paas releases:info", "paas releases:info v7")
        {
            version, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var number = ParseVersion(session.Value(version));
            var release = await session.AskAsync(api => FindAsync(api, app, number, cancellation));
            if (!session.Out.Json(release, ProtocolJson.Default))
            {
                session.Out.Details($"{app} v{release.Version}", Details(session.Out, release));
            }
        });
    }

    /// <summary>A release by its number, or (null) the live one.</summary>
    public static async Task<ReleaseInfo> FindAsync(PaasApi api, string app, int? number, CancellationToken cancellation)
    {
        if (number is { } given)
        {
            return await api.ReleaseAsync(app, given, cancellation);
        }
        var live = (await api.AppAsync(app, cancellation)).Release
            ?? throw new PaasException($"{app} has no live release yet. Deploy with `git push paas master`.");
        return await api.ReleaseAsync(app, live, cancellation);
    }

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, ReleaseInfo release)
    {
        yield return ("Release", $"v{release.Version}");
        yield return ("Status", Status(release));
        yield return ("Description", release.Description);
        yield return ("Commit", release.Commit ?? "-");
        yield return ("Slug", release.SlugDigest ?? "-");
        yield return ("Created", output.Moment(release.CreatedAt));
        if (release.Error is { } error)
        {
            yield return ("Error", new Cell(error, Tint.Bad));
        }
    }

    private static PaasCommand RollBack()
    {
        var version = VersionArgument("Release to go back to, as in v5; default: the one that was live before", ArgumentArity.ZeroOrOne);
        return new PaasCommand("rollback", "Go back to an earlier release, as a new release without a build", "paas rollback", "paas rollback v5")
        {
            version, CommonOptions.App, CommonOptions.Json,
        }
        .Also("releases:rollback")
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var number = ParseVersion(session.Value(version));
            var what = $"Rolling back {app}{(number is null ? "" : $" to v{number}")}";
            var (release, deployment) = await session.WaitAsync(what, async status =>
            {
                var made = await session.Api.RollBackAsync(app, new CreateRelease(number is null ? null : $"v{number}"), cancellation);
                var outcome = await DeploymentWatch.FollowAsync(session.Api, app, made.Version, status, cancellation);
                return (await session.Api.ReleaseAsync(app, made.Version, cancellation), outcome);
            });
            if (!session.Out.Json(release, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... {ConfigCommands.Outcome(deployment)}: {Printable.Cell(release.Description)}");
            }
        });
    }

    private static Cell Status(ReleaseInfo release) => release switch
    {
        { Current: true } => new Cell("current", Tint.Good),
        { Status: "failed" } => new Cell(release.Status, Tint.Bad),
        { Status: "pending" or "canary" } => new Cell(release.Status, Tint.Busy),
        _ => release.Status,
    };

    private static Argument<string?> VersionArgument(string description, ArgumentArity arity) =>
        new("VERSION") { Arity = arity, Description = description };

    /// <summary>The number in <c>v7</c>, or null without one.</summary>
    public static int? ParseVersion(string? text)
    {
        if (text is null)
        {
            return null;
        }
        return int.TryParse(text.TrimStart('v'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new PaasException($"\"{text}\" is not a release; write it as in v7.", ExitCodes.Usage);
    }
}
