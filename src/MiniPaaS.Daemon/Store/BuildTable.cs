using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on builds: a row is running until its one terminal status is written.</summary>
internal static class BuildTable
{
    public static long Insert(SqliteConnection db, long appId, string commit, DateTimeOffset now) =>
        db.ExecuteScalar<long>(
            "INSERT INTO builds (app_id, commit_id, status, started_at) VALUES (@appId, @commit, 'running', @now) RETURNING id",
            new { appId, commit, now });

    public static void Finish(SqliteConnection db, long id, string status, string? error, DateTimeOffset now) =>
        db.Execute(
            "UPDATE builds SET status = @status, error = @error, finished_at = @now WHERE id = @id AND status = 'running'",
            new { id, status, error, now });

    /// <summary>After a restart no build can still be running: its container was removed and its pusher told.</summary>
    public static void LoseRunning(SqliteConnection db, DateTimeOffset now) =>
        db.Execute("UPDATE builds SET status = 'lost', error = 'The control plane was restarted.', finished_at = @now WHERE status = 'running'", new { now });
}
