using System.Globalization;
using Dapper;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Removes slug images that no release can ever run again: those of deployments that failed, of builds that were cut off
/// and of apps that were destroyed. A slug that went live stays, so that a rollback can always reach it.
/// </summary>
internal sealed partial class SlugCollector(DockerClient docker, Database database, Settings settings, ILogger<SlugCollector> log)
{
    /// <summary>Collects the slugs of one app; the caller holds its turn, so none is being made.</summary>
    public async Task CollectAsync(long appId, CancellationToken ct)
    {
        var images = await docker.ListImagesAsync(
            [
                $"{DynoContainer.NamespaceLabel}={settings.Namespace}",
                $"{DynoContainer.KindLabel}=slug",
                $"{DynoContainer.AppLabel}={appId.ToString(CultureInfo.InvariantCulture)}",
            ],
            ct);
        var kept = database.Read(db => db.Query<string>(
            "SELECT r.slug_id FROM releases r JOIN deployments d ON d.app_id = r.app_id AND d.release = r.number "
            + "WHERE r.app_id = @appId AND r.slug_id IS NOT NULL AND d.step <> 'Failed'",
            new { appId }).ToHashSet());
        await database.WriteAsync(db => AttestationTable.KeepOnly(db, appId, kept), ct);
        foreach (var image in images.Where(i => !kept.Contains(i.Id)))
        {
            try
            {
                foreach (var tag in image.RepoTags)
                {
                    await docker.RemoveImageAsync(tag, ct);
                }

                await docker.RemoveImageAsync(image.Id, ct);
            }
            catch (DockerException e)
            {
                // A dyno on its way out still uses it; the next deployment collects it.
                LogKept(image.Id, e.Message);
            }
        }
    }

    [LoggerMessage(404, LogLevel.Debug, "Slug {Id} stays for now: {Reason}")]
    private partial void LogKept(string id, string reason);
}
