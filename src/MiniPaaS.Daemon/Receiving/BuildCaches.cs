using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>What builds of an app keep for the next one.</summary>
internal sealed class BuildCaches(Database database, AppQueue queue, SlugBuilder builder)
{
    /// <summary>Empties an app's cache and forgets what has been built already: its next push is built from nothing.</summary>
    public async Task PurgeAsync(long appId, CancellationToken ct)
    {
        using var turn = await queue.EnterAsync(appId, ct);
        await database.WriteAsync(db => SlugInputsTable.ForgetKeys(db, appId), ct);
        await builder.RemoveCacheAsync(appId, ct);
    }
}
