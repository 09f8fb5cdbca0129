using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on builds: a row is running until its one terminal status is written.</summary>
internal static class BuildTable
{
    /// <summary>The one status that is not the last.</summary>
    public const string Running = "running";

    private const string Columns =
        "id AS Id, commit_id AS \"Commit\", status AS Status, error AS Error, started_at AS StartedAt, finished_at AS FinishedAt";

    private const int Most = 1000;

    /// <summary>The builds of an app, newest first.</summary>
    public static ImmutableArray<Build> All(SqliteConnection db, long appId) =>
        [.. db.Query<Build>($"SELECT {Columns} FROM builds WHERE app_id = @appId ORDER BY id DESC LIMIT {Most}", new { appId })];

    public static Build? Find(SqliteConnection db, long appId, long id) =>
        db.QuerySingleOrDefault<Build>($"SELECT {Columns} FROM builds WHERE app_id = @appId AND id = @id", new { appId, id });

    /// <summary>The app of a build, or null when there is no such build.</summary>
    public static long? AppOf(SqliteConnection db, long id) => db.ExecuteScalar<long?>("SELECT app_id FROM builds WHERE id = @id", new { id });

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
