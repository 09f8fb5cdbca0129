using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>API tokens: 256 random bits, of which only a hash is kept; a fast hash is enough for what cannot be guessed.</summary>
internal static class TokenTable
{
    /// <summary>Makes a token and returns it; it cannot be read again.</summary>
    public static string Create(SqliteConnection db, string user, DateTimeOffset now)
    {
        var token = "paas_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        db.Execute("INSERT INTO tokens (user, hash, created_at) VALUES (@user, @hash, @now)", new { user, hash = Hash(token), now });
        return token;
    }

    /// <summary>The user a token belongs to, or null.</summary>
    public static string? UserOf(SqliteConnection db, string token) =>
        db.QuerySingleOrDefault<string>("SELECT user FROM tokens WHERE hash = @hash", new { hash = Hash(token) });

    /// <summary>The user of the first token, or null before there is one.</summary>
    public static string? FirstUser(SqliteConnection db) => db.QueryFirstOrDefault<string>("SELECT user FROM tokens ORDER BY id LIMIT 1");

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
