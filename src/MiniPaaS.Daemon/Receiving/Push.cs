using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>One push from its objects to live traffic: build, release, deploy, and every word the pusher sees.</summary>
internal sealed class Push(
    Database database,
    AppQueue queue,
    GitRepositories repositories,
    SlugBuilder builder,
    AppChanges changes,
    Sandboxes sandboxes,
    Runtimes runtimes,
    Settings settings,
    TimeProvider time)
{
    private const string Indent = "       ";

    /// <summary>Deploys what a push brings to master or main; true lets git move the refs.</summary>
    public async Task<bool> HandleAsync(PushRequest push, PushOutput output, CancellationToken ct)
    {
        var deployed = push.Updates.Where(u => u.Branch is { } branch && Git.DeployedBranches.Contains(branch)).ToArray();
        if (deployed.FirstOrDefault(u => u.IsDeletion) is { } deletion)
        {
            await output.WriteLineAsync($" !     {deletion.Branch} is the deployed branch and cannot be deleted. To remove the app: paas destroy.");
            return false;
        }

        var commits = deployed.Select(u => u.New).Distinct().ToArray();
        if (commits.Length > 1)
        {
            await output.WriteLineAsync(" !     master and main are both deployed branches and were pushed with different commits. Push one of them.");
            return false;
        }

        foreach (var other in push.Updates.Where(u => u.Branch is { } branch && !u.IsDeletion && !Git.DeployedBranches.Contains(branch)))
        {
            await output.WriteLineAsync($"Pushed to {other.Branch}, which is not deployed: only master and main are.");
            await output.WriteLineAsync($"To deploy it: git push paas {other.Branch}:main");
        }

        return commits is not [var commit] || await DeployInTurnAsync(push, commit, output, ct);
    }

    private async Task<bool> DeployInTurnAsync(PushRequest push, string commit, PushOutput output, CancellationToken ct)
    {
        if (queue.IsBusy(push.AppId))
        {
            await output.WriteLineAsync("-----> Waiting for another change of this app to finish...");
        }

        var turn = await queue.EnterAsync(push.AppId, ct);
        try
        {
            return await DeployAsync(push, commit, output, ct);
        }
        finally
        {
            push.ReleaseAfterwards(turn);
        }
    }

    private async Task<bool> DeployAsync(PushRequest push, string commit, PushOutput output, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        if (database.Read(db => AppRows.Read(db, push.AppId)) is not { } rows)
        {
            await output.WriteLineAsync(" !     The app was destroyed in the meantime.");
            return false;
        }

        if (changes.Refusal(push.AppId) is { } refusal)
        {
            await RejectAsync(rows.App, output, refusal);
            return false;
        }

        // Deployed and then refused by git, the live release would be one that no branch knows.
        if (!repositories.AreUnmoved(push.AppId, push.Updates))
        {
            var branch = push.Updates.First(u => u.New == commit).Branch;
            await output.WriteLineAsync($" !     {branch} was moved by another push in the meantime. Look at it (git fetch), then push again.");
            return false;
        }

        if (await BuildAsync(rows, push, commit, output, ct) is not { } built)
        {
            await RejectAsync(rows.App, output, reason: null);
            return false;
        }

        return await LaunchAsync(rows, push, built, start, output, ct);
    }

    private async Task<bool> LaunchAsync(
        AppRows rows, PushRequest push, BuildOutcome.Succeeded built, long start, PushOutput output, CancellationToken ct)
    {
        var launch = time.GetTimestamp();
        await output.WriteLineAsync("-----> Launching...");
        var lines = new PushLines(output);
        var deployment = await changes.DeployAsync(push.AppId, built.Slug, push.User, lines.Say, ct);
        await lines.FinishAsync();
        if (deployment is null)
        {
            await output.WriteLineAsync(" !     The control plane is being restarted. It goes on with this release by itself:");
            await output.WriteLineAsync(" !     `paas releases` shows what became of it.");
            return false;
        }

        if (deployment.Step == DeploymentStep.Failed)
        {
            await RejectAsync(rows.App, output, deployment.Error);
            return false;
        }

        await output.WriteLineAsync($"{Indent}Released v{deployment.Release}{(deployment.Succeeded ? "" : " as a canary: v" + rows.App.LiveRelease + " stays live")}");
        if (!deployment.Succeeded)
        {
            await output.WriteLineAsync($"{Indent}Look at it: paas canary. Make it live: paas canary:promote. Give it up: paas canary:abort.");
        }

        await output.WriteLineAsync(
            $"{Indent}{settings.WebUrl(rows.Domains[0])} deployed to MiniPaaS in {time.GetElapsedTime(start).TotalSeconds:0.00} s");
        var steps = built.Steps.Append(new BuildStep("launch", time.GetElapsedTime(launch))).Select(s => $"{s.Name} {s.Took.TotalSeconds:0.00}");
        await output.WriteLineAsync($"{Indent}Seconds: {string.Join(", ", steps)}");
        return true;
    }

    private async Task<BuildOutcome.Succeeded?> BuildAsync(AppRows rows, PushRequest push, string commit, PushOutput output, CancellationToken ct)
    {
        var id = await database.WriteAsync(db => BuildTable.Insert(db, rows.App.Id, commit, time.GetUtcNow()), ct);
        var status = "failed";
        string? error = "The push was cut off.";
        try
        {
            var vars = rows.Live?.ConfigVars ?? ConfigVars.Empty;
            await using var log = BuildLog.Open(settings, id, SecretMask.Of(vars), output.WriteLineAsync);
            switch (await builder.BuildAsync(await RequestAsync(id, rows, push, commit, log, ct), log, ct))
            {
                case BuildOutcome.Succeeded succeeded:
                    (status, error) = ("succeeded", null);
                    if (succeeded.Detected is { } detected)
                    {
                        await database.WriteAsync(db => BuildpackTable.Pin(db, rows.App.Id, detected), ct);
                    }

                    return succeeded with { Slug = await runtimes.PinAsync(succeeded.Slug, ct) };
                case BuildOutcome.Rejected rejected:
                    error = rejected.Reason;
                    break;
            }

            return null;
        }
        finally
        {
            await database.WriteAsync(db => BuildTable.Finish(db, id, status, error, time.GetUtcNow()), CancellationToken.None);
        }
    }

    private async Task<BuildRequest> RequestAsync(
        long id, AppRows rows, PushRequest push, string commit, BuildLog log, CancellationToken ct)
    {
        var source = new SourceArchive(push.Objects, commit, settings);
        var description = await source.DescribeAsync(ct);
        var buildpacks = database.Read(db => BuildpackTable.Find(db, rows.App.Id));
        return new BuildRequest
        {
            BuildId = id,
            AppId = rows.App.Id,
            AppName = rows.App.ParsedName,
            Commit = commit,
            CommittedAt = description.CommittedAt,
            WriteSource = async (directory, token) =>
            {
                foreach (var warning in await source.ExtractAsync(directory, token))
                {
                    await log.ErrorAsync(warning);
                }
            },
            Buildpacks = buildpacks.Set,
            PinnedBuildpack = buildpacks.Detected,
            ConfigVars = rows.Live?.ConfigVars ?? ConfigVars.Empty,
            StackWanted = rows.App.Stack,
            LastStack = rows.Live?.Slug?.Stack,
            LeaseNetwork = async token =>
            {
                var sandbox = await sandboxes.TakeAsync(token);
                return new BuildNetwork($"container:{sandbox.Id}", () =>
                {
                    sandboxes.Discard(sandbox.Id);
                    return ValueTask.CompletedTask;
                });
            },
        };
    }

    private static async Task RejectAsync(App app, PushOutput output, string? reason)
    {
        if (reason is not null)
        {
            await output.WriteLineAsync($" !     {reason}");
        }

        await output.WriteLineAsync(app.LiveRelease is { } live
            ? $" !     Push rejected. v{live} stays live, untouched."
            : " !     Push rejected. The app has no live release yet.");
        await output.WriteLineAsync("");
    }
}
