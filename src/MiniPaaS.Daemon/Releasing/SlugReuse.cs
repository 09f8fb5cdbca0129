using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>Finds a slug that has been made from the same inputs before, so that nothing has to be built.</summary>
internal sealed class SlugReuse(Database database, DockerClient docker)
{
    /// <summary>The newest slug of these inputs whose image is still there, and the first release it had; null when it has to be built.</summary>
    /// <param name="appId">App that is built.</param>
    /// <param name="inputs">What it would be built from.</param>
    /// <param name="key">Key of these inputs.</param>
    /// <param name="ct">Ends the search.</param>
    public async Task<(Slug Slug, string Version)?> FindAsync(long appId, SlugInputs inputs, string key, CancellationToken ct)
    {
        foreach (var id in database.Read(db => SlugInputsTable.Made(db, appId, key)))
        {
            if (database.Read(db => ReleaseTable.OfSlug(db, appId, id)) is [{ Slug: { } slug } first, ..]
                && slug.Buildpacks.All(pack => IsAmong(inputs, pack))
                && await docker.InspectImageAsync(id, ct) is not null)
            {
                return (slug, first.Version);
            }
        }

        return null;
    }

    // What the source itself names as its buildpacks may have changed where it comes from, without anything here.
    private static bool IsAmong(SlugInputs inputs, Buildpack pack) =>
        inputs.Buildpacks.Any(input => input.Digest.Length > 0 && input.Digest == pack.Digest);
}
