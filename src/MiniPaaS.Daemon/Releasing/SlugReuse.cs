using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>Finds a slug that has been made from the same inputs before, so that nothing has to be built.</summary>
internal sealed class SlugReuse(Database database, DockerClient docker)
{
    /// <summary>The newest slug of these inputs whose image is still there, and the first release it had; null when it has to be built.</summary>
    public async Task<(Slug Slug, string Version)?> FindAsync(long appId, string key, CancellationToken ct)
    {
        foreach (var id in database.Read(db => SlugInputsTable.Made(db, appId, key)))
        {
            if (database.Read(db => ReleaseTable.OfSlug(db, appId, id)) is [{ Slug: { } slug } first, ..]
                && await docker.InspectImageAsync(id, ct) is not null)
            {
                return (slug, first.Version);
            }
        }

        return null;
    }
}
