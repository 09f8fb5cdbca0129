using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on where logs are sent.</summary>
internal static class LogDrainTable
{
    private const string Select = "SELECT id AS Id, app_id AS AppId, url AS Url, token AS Token, created_at AS CreatedAt FROM log_drains";

    public static ImmutableArray<LogDrain> All(SqliteConnection db) => Rows(db, $"{Select} ORDER BY id", new { });

    public static ImmutableArray<LogDrain> OfApp(SqliteConnection db, long appId) => Rows(db, $"{Select} WHERE app_id = @appId ORDER BY id", new { appId });

    /// <summary>Adds a drain; null when the app has one of that address.</summary>
    public static LogDrain? Insert(SqliteConnection db, long appId, string url, string token, DateTimeOffset now)
    {
        var id = db.ExecuteScalar<long?>(
            "INSERT INTO log_drains (app_id, url, token, created_at) VALUES (@appId, @url, @token, @now) ON CONFLICT (app_id, url) DO NOTHING RETURNING id",
            new { appId, url, token, now });
        return id is { } made ? new LogDrain(made, appId, url, token, now) : null;
    }

    public static void Delete(SqliteConnection db, long id) => db.Execute("DELETE FROM log_drains WHERE id = @id", new { id });

    private static ImmutableArray<LogDrain> Rows(SqliteConnection db, string query, object values) =>
        [.. db.Query<Row>(query, values).Select(row => new LogDrain(row.Id, row.AppId, row.Url, row.Token, row.CreatedAt))];

    private sealed record Row
    {
        public long Id { get; init; }

        public long AppId { get; init; }

        public string Url { get; init; } = "";

        public string Token { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }
    }
}
