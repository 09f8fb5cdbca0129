using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on what is vouched for about slugs; a row goes with its slug.</summary>
internal static class AttestationTable
{
    /// <summary>Writes the attestation of a slug, in the transaction that writes the slug. That of the newest build counts.</summary>
    public static void Set(SqliteConnection db, long appId, string slugId, Attestation attestation, DateTimeOffset now) =>
        db.Execute(
            "INSERT INTO attestations (app_id, slug_id, sbom, provenance, created_at) VALUES (@appId, @slugId, @Sbom, @Provenance, @now) "
            + "ON CONFLICT (app_id, slug_id) DO UPDATE SET sbom = excluded.sbom, provenance = excluded.provenance, created_at = excluded.created_at",
            new { appId, slugId, attestation.Sbom, attestation.Provenance, now });

    /// <summary>The attestation of a slug; null for one that was not built here, or by a version that made none.</summary>
    public static Attestation? Find(SqliteConnection db, long appId, string slugId) =>
        db.QuerySingleOrDefault<Attestation>(
            "SELECT sbom AS Sbom, provenance AS Provenance FROM attestations WHERE app_id = @appId AND slug_id = @slugId", new { appId, slugId });

    /// <summary>Forgets those of slugs that are no more.</summary>
    public static void KeepOnly(SqliteConnection db, long appId, IReadOnlyCollection<string> slugIds) =>
        db.Execute("DELETE FROM attestations WHERE app_id = @appId AND slug_id NOT IN @slugIds", new { appId, slugIds });

    /// <summary>The packages of a stack's run image as they were read, as JSON; null when nobody has read them yet.</summary>
    public static string? PackagesOf(SqliteConnection db, string image) =>
        db.QuerySingleOrDefault<string>("SELECT packages FROM stack_packages WHERE image = @image", new { image });

    /// <summary>Keeps the packages of a stack's run image, and forgets those of images that no slug is made of any more.</summary>
    public static void SetPackages(SqliteConnection db, string image, string packages)
    {
        db.Execute("DELETE FROM stack_packages WHERE image NOT IN (SELECT stack_image FROM slugs)");
        db.Execute("INSERT OR REPLACE INTO stack_packages (image, packages) VALUES (@image, @packages)", new { image, packages });
    }

    /// <summary>Releases that run or can be rolled back to, newest first: those with a slug whose deployment has not failed.</summary>
    public static ImmutableArray<(string App, int Release, bool Current, long AppId, string SlugId)> Kept(SqliteConnection db, bool liveOnly) =>
    [
        .. db.Query<(string, int, bool, long, string)>(
            "SELECT a.name, r.number, r.number IS a.live_release, a.id, r.slug_id FROM releases r JOIN apps a ON a.id = r.app_id "
            + "WHERE r.slug_id IS NOT NULL AND (r.number IS a.live_release OR NOT @liveOnly AND EXISTS (SELECT 1 FROM deployments d "
            + "WHERE d.app_id = r.app_id AND d.release = r.number AND d.step <> 'Failed')) ORDER BY a.name, r.number DESC",
            new { liveOnly }),
    ];
}
