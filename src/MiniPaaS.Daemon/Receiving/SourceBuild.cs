using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>What is to be built of an app.</summary>
/// <param name="Id">Number of the build.</param>
/// <param name="App">The app.</param>
/// <param name="Commit">Commit to build.</param>
/// <param name="Objects">Where it can be read.</param>
/// <param name="ConfigVars">What the build sees of the configuration.</param>
/// <param name="LastStack">Stack of the app's last slug, or null.</param>
internal sealed record BuildOrder(long Id, App App, string Commit, ObjectDirectories Objects, ConfigVars ConfigVars, string? LastStack = null);

/// <summary>Says how a commit of an app is built.</summary>
internal sealed class SourceBuild(Database database, Sandboxes sandboxes, BuildNetworks networks, Settings settings)
{
    /// <summary>The request for a builder.</summary>
    /// <param name="order">What to build.</param>
    /// <param name="log">Told what there is to say of the source while it is written.</param>
    /// <param name="ct">Ends the reading of the commit.</param>
    public async Task<BuildRequest> RequestAsync(BuildOrder order, BuildLog log, CancellationToken ct)
    {
        var source = new SourceArchive(order.Objects, order.Commit, settings);
        var digest = SourceDigest.OfAsync(order.Objects, order.Commit, ct);
        var buildpacks = database.Read(db => BuildpackTable.Find(db, order.App.Id));
        var description = await source.DescribeAsync(ct);
        return new BuildRequest
        {
            BuildId = order.Id,
            AppId = order.App.Id,
            AppName = order.App.ParsedName,
            Commit = order.Commit,
            CommittedAt = description.CommittedAt,
            Tree = (await digest).Tree,
            SourceDigest = (await digest).Source,
            WriteSource = async (directory, token) =>
            {
                foreach (var warning in await source.ExtractAsync(directory, token))
                {
                    await log.ErrorAsync(warning);
                }
            },
            Buildpacks = buildpacks.Set,
            PinnedBuildpack = buildpacks.Detected,
            ConfigVars = order.ConfigVars,
            StackWanted = order.App.Stack,
            LastStack = order.LastStack,
            LeaseNetwork = order.App.Stack == Slug.ContainerStack ? token => LeaseOwnNetworkAsync(order.Id, token) : LeaseNetworkAsync,
        };
    }

    private async ValueTask<BuildNetwork> LeaseOwnNetworkAsync(long buildId, CancellationToken ct)
    {
        var name = await networks.TakeAsync(buildId, ct);
        return new BuildNetwork(name, () => networks.RemoveAsync(name));
    }

    private async ValueTask<BuildNetwork> LeaseNetworkAsync(CancellationToken ct)
    {
        var sandbox = await sandboxes.TakeAsync(ct);
        return new BuildNetwork($"container:{sandbox.Id}", () =>
        {
            sandboxes.Discard(sandbox.Id);
            return ValueTask.CompletedTask;
        });
    }
}
