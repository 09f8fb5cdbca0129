using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on what apps are built with.</summary>
internal static class BuildpackTable
{
    public static BuildpackChoice Find(SqliteConnection db, long appId)
    {
        var rows = db.Query<(string Buildpack, bool Detected)>(
            "SELECT buildpack, detected FROM buildpacks WHERE app_id = @appId ORDER BY ordinal", new { appId }).ToImmutableArray();
        return new BuildpackChoice(
            [.. rows.Where(row => !row.Detected).Select(row => row.Buildpack)], rows.FirstOrDefault(row => row.Detected).Buildpack);
    }

    /// <summary>Replaces what the user has set, and with it what was detected.</summary>
    public static void Set(SqliteConnection db, long appId, ImmutableArray<string> buildpacks)
    {
        db.Execute("DELETE FROM buildpacks WHERE app_id = @appId", new { appId });
        db.Execute(
            "INSERT INTO buildpacks (app_id, ordinal, buildpack) VALUES (@appId, @ordinal, @buildpack)",
            buildpacks.Select((buildpack, ordinal) => new { appId, ordinal, buildpack }));
    }

    /// <summary>Keeps what was detected; nothing happens where there is a choice already.</summary>
    public static void Pin(SqliteConnection db, long appId, string buildpack) =>
        db.Execute(
            "INSERT INTO buildpacks (app_id, ordinal, buildpack, detected) SELECT @appId, 0, @buildpack, 1 "
            + "WHERE EXISTS (SELECT 1 FROM apps WHERE id = @appId) AND NOT EXISTS (SELECT 1 FROM buildpacks WHERE app_id = @appId)",
            new { appId, buildpack });
}
