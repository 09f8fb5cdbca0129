using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on what slugs were made from.</summary>
internal static class SlugInputsTable
{
    /// <summary>Records inputs of a slug; a slug that several inputs make has a row for each.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="appId">App of the slug.</param>
    /// <param name="slugId">Id of the slug.</param>
    /// <param name="inputs">What it was made from.</param>
    /// <param name="key">Their key, when a build with the same key may be skipped; null when these inputs are only somebody's claim.</param>
    /// <param name="now">The time.</param>
    public static void Insert(SqliteConnection db, long appId, string slugId, SlugInputs inputs, string? key, DateTimeOffset now) =>
        db.Execute(
            "INSERT INTO slug_inputs (app_id, slug_id, key, reusable, inputs, created_at) VALUES (@appId, @slugId, @key, @reusable, @inputs, @now) "
            + "ON CONFLICT (app_id, slug_id, key) DO UPDATE SET reusable = excluded.reusable, created_at = excluded.created_at",
            new { appId, slugId, key = key ?? "", reusable = key is not null, inputs = JsonSerializer.Serialize(inputs), now });

    /// <summary>The slugs that these inputs made, the newest first.</summary>
    public static ImmutableArray<string> Made(SqliteConnection db, long appId, string key) =>
    [
        .. db.Query<string>(
            "SELECT slug_id FROM slug_inputs WHERE app_id = @appId AND key = @key AND reusable ORDER BY created_at DESC", new { appId, key }),
    ];

    /// <summary>What a slug was made from, as recorded last, and the key of that (empty when there is none); null when nothing is known.</summary>
    public static (SlugInputs Inputs, string Key)? Find(SqliteConnection db, long appId, string slugId)
    {
        var (text, key) = db.QueryFirstOrDefault<(string?, string)>(
            "SELECT inputs, key FROM slug_inputs WHERE app_id = @appId AND slug_id = @slugId ORDER BY created_at DESC LIMIT 1", new { appId, slugId });
        return text is null ? null : (JsonSerializer.Deserialize<SlugInputs>(text)!, key);
    }

    /// <summary>Makes the next build of the app a real one, whatever was built before.</summary>
    public static void ForgetKeys(SqliteConnection db, long appId) =>
        db.Execute("UPDATE slug_inputs SET reusable = 0 WHERE app_id = @appId", new { appId });
}
