using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on apps, their domains and formations.</summary>
internal static class AppTable
{
    private const string Columns =
        "id AS Id, name AS Name, stack AS Stack, live_release AS LiveRelease, live_deployment AS LiveDeployment, created_at AS CreatedAt";

    public static ImmutableArray<App> All(SqliteConnection db) => [.. db.Query<App>($"SELECT {Columns} FROM apps ORDER BY name")];

    public static App? Find(SqliteConnection db, string name) =>
        db.QuerySingleOrDefault<App>($"SELECT {Columns} FROM apps WHERE name = @name", new { name });

    public static App? Find(SqliteConnection db, long id) =>
        db.QuerySingleOrDefault<App>($"SELECT {Columns} FROM apps WHERE id = @id", new { id });

    /// <summary>Makes an app with its first domain; null when the name or the host is taken.</summary>
    public static App? Insert(SqliteConnection db, AppName name, string? stack, string host, DateTimeOffset now)
    {
        if (IsTaken(db, name, host))
        {
            return null;
        }

        var id = db.ExecuteScalar<long>(
            "INSERT INTO apps (name, stack, created_at) VALUES (@name, @stack, @now) RETURNING id",
            new { name = name.Value, stack, now });
        db.Execute("INSERT INTO domains (host, app_id) VALUES (@host, @id)", new { host, id });
        return Find(db, id);
    }

    /// <summary>Sets the stack of the next build.</summary>
    public static void SetStack(SqliteConnection db, long id, string stack) =>
        db.Execute("UPDATE apps SET stack = @stack WHERE id = @id", new { id, stack });

    /// <summary>Gives the app another name, and the host that came with the old one; false when the name or the host is taken.</summary>
    public static bool Rename(SqliteConnection db, long id, AppName name, string oldHost, string newHost)
    {
        if (IsTaken(db, name, newHost))
        {
            return false;
        }

        db.Execute("UPDATE apps SET name = @name WHERE id = @id", new { id, name = name.Value });
        db.Execute("DELETE FROM acme_certificates WHERE host = @oldHost", new { oldHost });
        db.Execute("UPDATE domains SET host = @newHost WHERE host = @oldHost AND app_id = @id", new { id, oldHost, newHost });
        return true;
    }

    public static void Delete(SqliteConnection db, long id) => db.Execute("DELETE FROM apps WHERE id = @id", new { id });

    public static ImmutableArray<string> Domains(SqliteConnection db, long appId) =>
        [.. db.Query<string>("SELECT host FROM domains WHERE app_id = @appId ORDER BY rowid", new { appId })];

    public static Formation Formation(SqliteConnection db, long appId) =>
        new(db.Query<(string Type, int Quantity)>(
                "SELECT process_type, quantity FROM formation WHERE app_id = @appId", new { appId })
            .ToImmutableSortedDictionary(f => f.Type, f => f.Quantity, StringComparer.Ordinal));

    public static void Scale(SqliteConnection db, long appId, string processType, int quantity) =>
        db.Execute(
            "INSERT INTO formation (app_id, process_type, quantity) VALUES (@appId, @processType, @quantity) "
            + "ON CONFLICT (app_id, process_type) DO UPDATE SET quantity = excluded.quantity",
            new { appId, processType, quantity });

    private static bool IsTaken(SqliteConnection db, AppName name, string host) =>
        db.ExecuteScalar<bool>(
            "SELECT EXISTS (SELECT 1 FROM apps WHERE name = @name) OR EXISTS (SELECT 1 FROM domains WHERE host = @host)",
            new { name = name.Value, host });
}
