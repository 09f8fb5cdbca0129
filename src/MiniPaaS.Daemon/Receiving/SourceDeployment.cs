using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Something that is to be deployed without git.</summary>
/// <param name="App">App that gets it.</param>
/// <param name="User">Who deploys.</param>
internal sealed record Deploy(App App, string User)
{
    /// <summary>What the release is named after, as in <c>v1.2</c>; null: the commit that is made of the files.</summary>
    public string? Label { get; init; }

    /// <summary>Address of an archive that is to be fetched, or null.</summary>
    public string? Url { get; init; }

    /// <summary>Reference of an image, or null.</summary>
    public string? Image { get; init; }

    /// <summary>Commands by process type, over those that an image has.</summary>
    public ImmutableSortedDictionary<string, string> Processes { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>True to take away a folder that everything in the archive lies in.</summary>
    public bool Unwrap { get; init; }

    /// <summary>Told the number of the build as soon as there is one.</summary>
    public Action<long> Entered { get; init; } = _ => { };

    /// <summary>Told the deployment when it is live, a canary or failed.</summary>
    public Action<Deployment> Deployed { get; init; } = _ => { };

    /// <summary>The same as what every push is handled as.</summary>
    /// <param name="objects">Where its commit can be read.</param>
    /// <param name="hold">Gets the app's turn afterwards.</param>
    public PushRequest ToPush(ObjectDirectories objects, Action<IDisposable> hold) =>
        new(App.Id, User, [], objects, hold) { Noun = "Deploy", Label = Label, Entered = Entered, Deployed = Deployed };
}

/// <summary>Deploys files that came without git: a commit is made of them, and goes the way of every push.</summary>
internal sealed class SourceDeployment(GitRepositories repositories, Push pushes, Settings settings, TimeProvider time)
{
    /// <summary>Deploys an archive; true when it is released.</summary>
    /// <param name="deploy">What it is.</param>
    /// <param name="archive">Path of a tar, compressed or not.</param>
    /// <param name="output">Shown as it is written.</param>
    /// <param name="ct">Gives up what is not released yet.</param>
    /// <exception cref="SourceException">The archive cannot be deployed.</exception>
    public async Task<bool> DeployAsync(Deploy deploy, string archive, PushOutput output, CancellationToken ct)
    {
        var repository = repositories.Ensure(deploy.App.Id);
        var message = deploy.Label ?? $"Deployed without git by {deploy.User}";
        await using var commit = await SourceCommit.MakeAsync(settings, repository, archive, deploy.Unwrap, message, time.GetUtcNow(), ct);
        foreach (var warning in commit.Warnings)
        {
            await output.WriteLineAsync($" !     {warning}");
        }

        // Kept for as long as the commit is not the repository's: what comes next may build on it.
        IDisposable? turn = null;
        try
        {
            if (!await pushes.DeployAsync(deploy.ToPush(commit.Objects, held => turn = held), commit.Id, output, ct))
            {
                return false;
            }

            await commit.KeepAsync(CancellationToken.None);
            return true;
        }
        finally
        {
            turn?.Dispose();
        }
    }
}
