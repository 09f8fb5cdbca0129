using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>What is and was built.</summary>
internal static class BuildCommands
{
    public static IReadOnlyList<PaasCommand> All() => [List(), Show(), Cancel(), Purge()];

    private static PaasCommand List()
    {
        var number = new Option<int>("--num", "-n") { HelpName = "N", Description = "How many (default: 15)", DefaultValueFactory = _ => 15 };
        return new PaasCommand("builds", "List builds, newest first", "paas builds", "paas builds -n 50 -a myapp")
        {
            number, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var builds = await session.AskAsync(api => api.BuildsAsync(app, session.Value(number), cancellation));
            if (session.Out.Json(builds, ProtocolJson.Default))
            {
                return;
            }
            if (builds.IsEmpty)
            {
                session.Out.Note($"{app} has not been built yet. Deploy with `git push paas master`.");
            }
            session.Out.Table(
                ["Build", "Status", "Commit", "Began", "Seconds", "Why"],
                builds.Select(build => (Cell[])
                [
                    $"{build.Number}",
                    Status(build),
                    Commit(build),
                    new Cell(session.Out.Moment(build.CreatedAt), Tint.Faint),
                    build.FinishedAt is { } end ? $"{(end - build.CreatedAt).TotalSeconds:0.0}" : "-",
                    build.Error ?? "-",
                ]));
        });
    }

    private static string Commit(BuildInfo build) =>
        build.SourceBlob.Version is { } commit ? commit[..Math.Min(8, commit.Length)] : "-";

    private static Cell Status(BuildInfo build) => build.State switch
    {
        "succeeded" or "verified" => new Cell(build.State, Tint.Good),
        BuildInfo.Running => new Cell(build.State, Tint.Busy),
        _ => new Cell(build.State, Tint.Bad),
    };

    private static PaasCommand Show()
    {
        var id = IdArgument("Number of a build; default: the newest");
        return new PaasCommand("builds:output", "Show what a build says, while it runs or afterwards", "paas builds:output", "paas builds:output 7")
        {
            id, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var build = session.Value(id) ?? (await NewestAsync(session, app, cancellation)).Number;
            using var response = await session.AskAsync(api => api.BuildOutputAsync(app, build, cancellation));
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var reader = new StreamReader(body);
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                if (!session.Out.JsonLine(new BuildLineOutput(build, line), OutputJson.Default))
                {
                    session.Out.Line(Printable.Text(line));
                }
            }
        });
    }

    private static PaasCommand Cancel()
    {
        var id = IdArgument("Number of a build; default: the newest");
        return new PaasCommand("builds:cancel", "End a build that waits or runs; its push is rejected", "paas builds:cancel", "paas builds:cancel 7")
        {
            id, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var number = session.Value(id) ?? (await NewestAsync(session, app, cancellation)).Number;
            var build = await session.AskAsync(api => api.CancelBuildAsync(app, number, cancellation));
            if (!session.Out.Json(build, ProtocolJson.Default))
            {
                session.Out.Line($"Cancelling build {number} of {app}... done");
            }
        });
    }

    private static async Task<BuildInfo> NewestAsync(Session session, string app, CancellationToken cancellation) =>
        (await session.AskAsync(api => api.BuildsAsync(app, 1, cancellation))).FirstOrDefault()
        ?? throw new PaasException($"{app} has not been built yet. Deploy with `git push paas master`.");

    private static Argument<long?> IdArgument(string description) => new("ID") { Arity = ArgumentArity.ZeroOrOne, Description = description };

    private static PaasCommand Purge() => new PaasCommand(
        "builds:cache:purge",
        "Forget what builds kept: the next push builds from nothing, even what has been built already",
        "paas builds:cache:purge && git commit --allow-empty -m rebuild && git push paas master")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Purging the build cache of {app}";
        await session.WaitAsync(what, async _ =>
        {
            await session.Api.PurgeBuildCacheAsync(app, cancellation);
            return app;
        });
        if (!session.Out.Json(new PurgeOutput(app), OutputJson.Default))
        {
            session.Out.Line($"{what}... done. The next push is built from nothing.");
        }
    });
}
