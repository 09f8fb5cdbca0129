using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>Changes of the host names of apps; <see cref="AppTable"/> reads them.</summary>
internal static class DomainTable
{
    /// <summary>App that has a host, or null.</summary>
    public static long? OwnerOf(SqliteConnection db, string host) =>
        db.ExecuteScalar<long?>("SELECT app_id FROM domains WHERE host = @host", new { host });

    public static void Insert(SqliteConnection db, long appId, string host) =>
        db.Execute("INSERT INTO domains (host, app_id) VALUES (@host, @appId)", new { host, appId });

    public static void Delete(SqliteConnection db, long appId, string host) =>
        db.Execute("DELETE FROM domains WHERE host = @host AND app_id = @appId", new { host, appId });
}
