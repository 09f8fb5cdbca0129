using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>An app with what is shown of it: read in one query, since there may be thousands.</summary>
internal sealed record ListedApp
{
    public App App { get; init; } = null!;

    /// <summary>Its host names, the platform's own first.</summary>
    public ImmutableArray<string> Hosts => JsonSerializer.Deserialize<ImmutableArray<string>>(HostsJson);

    /// <summary>Stack of the live slug, or null without one.</summary>
    public string? LiveStack { get; init; }

    /// <summary>Names of the buildpacks of the live slug, or null without one.</summary>
    public string? Buildpacks => BuildpacksJson is null
        ? null
        : string.Join(", ", JsonSerializer.Deserialize<ImmutableArray<Buildpack>>(BuildpacksJson).Select(b => b.Name));

    /// <summary>Bytes of the live slug, or null without one.</summary>
    public long? SlugSize { get; init; }

    /// <summary>When the live release was made.</summary>
    public DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>When the newest release was made.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Who made the first release.</summary>
    public string? FirstUser { get; init; }

    public bool Maintenance { get; init; }

    public bool Acme { get; init; }

    /// <summary><see cref="Hosts"/> as they are stored.</summary>
    public string HostsJson { get; init; } = "[]";

    /// <summary><see cref="Buildpacks"/> as they are stored.</summary>
    public string? BuildpacksJson { get; init; }
}

/// <summary>Queries for what is shown of apps.</summary>
internal static class AppList
{
    private const string Select =
        """
        SELECT a.id AS Id, a.name AS Name, a.stack AS Stack, a.live_release AS LiveRelease, a.live_deployment AS LiveDeployment,
               a.created_at AS CreatedAt, COALESCE(t.maintenance, 0) AS Maintenance,
               s.stack AS LiveStack, s.buildpacks AS BuildpacksJson, s.size AS SlugSize, r.created_at AS ReleasedAt,
               (SELECT created_at FROM releases WHERE app_id = a.id ORDER BY number DESC LIMIT 1) AS ChangedAt,
               (SELECT user FROM releases WHERE app_id = a.id AND number = 1) AS FirstUser,
               EXISTS (SELECT 1 FROM acme_apps WHERE app_id = a.id) AS Acme,
               (SELECT json_group_array(host) FROM (SELECT host FROM domains WHERE app_id = a.id ORDER BY rowid)) AS HostsJson
        FROM apps a
        LEFT JOIN releases r ON r.app_id = a.id AND r.number = a.live_release
        LEFT JOIN slugs s ON s.app_id = r.app_id AND s.id = r.slug_id
        LEFT JOIN traffic t ON t.app_id = a.id
        """;

    /// <summary>A part of all apps in the order of their names.</summary>
    /// <param name="db">The database.</param>
    /// <param name="from">Name to begin with, or null.</param>
    /// <param name="exclusive">True to begin after it.</param>
    /// <param name="to">Last name, or null.</param>
    /// <param name="descending">True for the reverse order.</param>
    /// <param name="most">Most apps.</param>
    public static ImmutableArray<ListedApp> ByName(SqliteConnection db, string? from, bool exclusive, string? to, bool descending, int most)
    {
        var (low, high) = descending ? (to, from) : (from, to);
        var (above, below) = (exclusive && !descending ? ">" : ">=", exclusive && descending ? "<" : "<=");
        return Rows(
            db,
            $"WHERE (@low IS NULL OR a.name {above} @low) AND (@high IS NULL OR a.name {below} @high) ORDER BY a.name {(descending ? "DESC" : "")} LIMIT @most",
            new { low, high, most });
    }

    /// <summary>The same in the order in which they were made.</summary>
    public static ImmutableArray<ListedApp> ById(SqliteConnection db, long? from, bool exclusive, long? to, bool descending, int most)
    {
        var (low, high) = descending ? (to, from) : (from, to);
        var (above, below) = (exclusive && !descending ? ">" : ">=", exclusive && descending ? "<" : "<=");
        return Rows(
            db,
            $"WHERE (@low IS NULL OR a.id {above} @low) AND (@high IS NULL OR a.id {below} @high) ORDER BY a.id {(descending ? "DESC" : "")} LIMIT @most",
            new { low, high, most });
    }

    /// <summary>Those that there are of some apps.</summary>
    public static ImmutableArray<ListedApp> Of(SqliteConnection db, IReadOnlyCollection<long> ids) => Rows(db, "WHERE a.id IN @ids ORDER BY a.name", new { ids });

    public static ListedApp? Find(SqliteConnection db, string name) => Rows(db, "WHERE a.name = @name", new { name }).FirstOrDefault();

    public static ListedApp? Find(SqliteConnection db, long id) => Rows(db, "WHERE a.id = @id", new { id }).FirstOrDefault();

    private static ImmutableArray<ListedApp> Rows(SqliteConnection db, string where, object values) =>
        [.. db.Query<App, ListedApp, ListedApp>($"{Select}\n{where}", (app, listed) => listed with { App = app }, values, splitOn: nameof(ListedApp.Maintenance))];
}
