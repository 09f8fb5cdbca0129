using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>One push from its objects to live traffic: build, release, deploy, and every word the pusher sees.</summary>
internal sealed class Push(
    Database database, AppQueue queue, GitRepositories repositories, PushBuild builds, AppChanges changes, Settings settings, TimeProvider time)
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

        return commits is not [var commit] || await DeployAsync(push, commit, output, ct);
    }

    /// <summary>Deploys in the app's turn; true when it is released.</summary>
    /// <param name="push">What is deployed.</param>
    /// <param name="commit">Its commit; empty when it has none.</param>
    /// <param name="output">Shown as it is written.</param>
    /// <param name="ct">Cancelled when whoever deploys has left: nothing released yet should be then.</param>
    public async Task<bool> DeployAsync(PushRequest push, string commit, PushOutput output, CancellationToken ct)
    {
        using var build = await builds.EnterAsync(push.AppId, commit, ct);
        push.Entered(build.Id);
        try
        {
            if (queue.IsBusy(push.AppId))
            {
                build.Wait();
                await output.WriteLineAsync("-----> Waiting for another change of this app to finish...");
            }

            var turn = await queue.EnterAsync(push.AppId, build.Canceled);
            try
            {
                build.Begin();
                return await BuildAndLaunchAsync(push, commit, build, output, ct);
            }
            finally
            {
                push.ReleaseAfterwards(turn);
            }
        }
        catch (OperationCanceledException) when (build.Reason is not null && !ct.IsCancellationRequested)
        {
            await RejectAsync(push, database.Read(db => AppTable.Find(db, push.AppId)), output, build.Reason);
            return false;
        }
        finally
        {
            await builds.LeaveAsync(build);
        }
    }

    private async Task<bool> BuildAndLaunchAsync(PushRequest push, string commit, RunningBuild build, PushOutput output, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        if (database.Read(db => AppRows.Read(db, push.AppId)) is not { } rows)
        {
            await output.WriteLineAsync(" !     The app was destroyed in the meantime.");
            return false;
        }

        if (changes.Refusal(push.AppId) is { } refusal)
        {
            await RejectAsync(push, rows.App, output, refusal);
            return false;
        }

        // Deployed and then refused by git, the live release would be one that no branch knows.
        if (!repositories.AreUnmoved(push.AppId, push.Updates))
        {
            var branch = push.Updates.First(u => u.New == commit).Branch;
            await output.WriteLineAsync($" !     {branch} was moved by another push in the meantime. Look at it (git fetch), then push again.");
            return false;
        }

        if (await (push.Make?.Invoke(rows, build, output) ?? builds.BuildAsync(rows, push, commit, build, output)) is not { } built)
        {
            await RejectAsync(push, rows.App, output, reason: null);
            return false;
        }

        return await LaunchAsync(rows, push, built, start, output, ct);
    }

    private async Task<bool> LaunchAsync(
        AppRows rows, PushRequest push, BuiltSlug built, long start, PushOutput output, CancellationToken ct)
    {
        var launch = time.GetTimestamp();
        await output.WriteLineAsync("-----> Launching...");
        var lines = new PushLines(output);
        var origin = push.Label is { } label ? built.Origin with { Description = $"Deploy {label}" } : built.Origin;
        var deployment = await changes.DeployAsync(push.AppId, built.Slug, origin, push.User, lines.Say, ct);
        await lines.FinishAsync();
        if (deployment is null)
        {
            await output.WriteLineAsync(" !     The control plane is being restarted. It goes on with this release by itself:");
            await output.WriteLineAsync(" !     `paas releases` shows what became of it.");
            return false;
        }

        push.Deployed(deployment);
        if (deployment.Step == DeploymentStep.Failed)
        {
            await RejectAsync(push, rows.App, output, deployment.Error);
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

    private static async Task RejectAsync(PushRequest push, App? app, PushOutput output, string? reason)
    {
        if (reason is not null)
        {
            await output.WriteLineAsync($" !     {reason}");
        }

        await output.WriteLineAsync(app?.LiveRelease is { } live
            ? $" !     {push.Noun} rejected. v{live} stays live, untouched."
            : $" !     {push.Noun} rejected. The app has no live release yet.");
        await output.WriteLineAsync("");
    }
}
