using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>Gives an app another name. The host that the platform gave it follows; its other domains stay.</summary>
internal sealed class AppRename(Database database, AppQueue queue, TrafficChanges traffic, RouterLink routers)
{
    /// <summary>Renames in the app's turn.</summary>
    public async Task<TrafficOutcome> RenameAsync(long appId, AppName name, CancellationToken ct)
    {
        using var turn = await queue.EnterAsync(appId, ct);
        if (database.Read(db => AppTable.Find(db, appId)) is not { } app || app.Name == name.Value)
        {
            return new TrafficOutcome(null, InForce: true);
        }

        // 1. Commit, and the route of the new name beside that of the old one. 2. Only then the old one goes.
        var outcome = await traffic.RenameAsync(appId, app.Name, name, ct);
        if (outcome.Error is null)
        {
            await routers.RemoveAsync(app.Name, CancellationToken.None);
        }

        return outcome;
    }
}
