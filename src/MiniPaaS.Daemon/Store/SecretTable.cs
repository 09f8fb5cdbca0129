using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>Random bits of this installation: 256 for every purpose, made when the database is first opened, and never changed.</summary>
internal static class SecretTable
{
    /// <summary>What uuids are derived with.</summary>
    public const string ResourceIds = "resource-ids";

    /// <summary>What the addresses of streams are signed with.</summary>
    public const string Streams = "streams";

    public static byte[] Get(SqliteConnection db, string name) =>
        db.QuerySingle<byte[]>("SELECT value FROM secrets WHERE name = @name", new { name });

    /// <summary>When the installation was made, as far as it knows.</summary>
    public static DateTimeOffset Since(SqliteConnection db) =>
        db.QuerySingle<DateTimeOffset>("SELECT created_at FROM secrets WHERE name = @name", new { name = ResourceIds });

    internal static void Ensure(SqliteConnection db)
    {
        foreach (var name in (string[])[ResourceIds, Streams])
        {
            db.Execute(
                "INSERT INTO secrets (name, value, created_at) VALUES (@name, @value, @now) ON CONFLICT (name) DO NOTHING",
                new { name, value = RandomNumberGenerator.GetBytes(32), now = TimeProvider.System.GetUtcNow() });
        }
    }
}
