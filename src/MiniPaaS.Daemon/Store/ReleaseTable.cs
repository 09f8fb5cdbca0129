using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on slugs and releases.</summary>
internal static class ReleaseTable
{
    private const string Select =
        """
        SELECT r.app_id AS AppId, r.number AS Number, r.config_vars AS ConfigVars, r.description AS Description, r.user AS User,
               r.created_at AS CreatedAt, s.id AS SlugId, s.image AS Image, s.commit_id AS CommitId, s.stack AS Stack,
               s.stack_image AS StackImage, s.buildpacks AS Buildpacks, s.process_types AS ProcessTypes, s.mounts AS Mounts,
               s.healthchecks AS Healthchecks, s.size AS Size
        FROM releases r LEFT JOIN slugs s ON s.app_id = r.app_id AND s.id = r.slug_id
        """;

    public static Release? Find(SqliteConnection db, long appId, int number) =>
        db.QuerySingleOrDefault<Row>($"{Select} WHERE r.app_id = @appId AND r.number = @number", new { appId, number })?.ToRelease();

    public static Release? Newest(SqliteConnection db, long appId) =>
        db.QueryFirstOrDefault<Row>($"{Select} WHERE r.app_id = @appId ORDER BY r.number DESC LIMIT 1", new { appId })?.ToRelease();

    /// <summary>The releases of a slug, the oldest first.</summary>
    public static ImmutableArray<Release> OfSlug(SqliteConnection db, long appId, string slugId) =>
        [.. db.Query<Row>($"{Select} WHERE r.app_id = @appId AND r.slug_id = @slugId ORDER BY r.number", new { appId, slugId }).Select(r => r.ToRelease())];

    /// <summary>Digests of the slugs that a release of the app went live with, or is on its way with, the newest first.</summary>
    public static ImmutableArray<string> SlugsOf(SqliteConnection db, long appId) =>
    [
        .. db.Query<string>(
            "SELECT r.slug_id FROM releases r WHERE r.app_id = @appId AND r.slug_id IS NOT NULL AND EXISTS (SELECT 1 FROM deployments d "
            + "WHERE d.app_id = r.app_id AND d.release = r.number AND d.step <> 'Failed') GROUP BY r.slug_id ORDER BY MAX(r.number) DESC",
            new { appId }),
    ];

    /// <summary>The slug of every app's live release, with the stack it lies on.</summary>
    public static ImmutableArray<(string App, string Stack, string StackImage, string Slug)> LiveSlugs(SqliteConnection db) =>
    [
        .. db.Query<(string, string, string, string)>(
            "SELECT a.name, s.stack, s.stack_image, s.id FROM apps a JOIN releases r ON r.app_id = a.id AND r.number = a.live_release "
            + "JOIN slugs s ON s.app_id = r.app_id AND s.id = r.slug_id ORDER BY a.name"),
    ];

    /// <summary>The newest release below a number that went live and has something to run.</summary>
    public static int? LiveBefore(SqliteConnection db, long appId, int number) =>
        db.ExecuteScalar<int?>(
            "SELECT MAX(r.number) FROM releases r JOIN deployments d ON d.app_id = r.app_id AND d.release = r.number "
            + "WHERE r.app_id = @appId AND r.number < @number AND r.slug_id IS NOT NULL AND d.step = 'Done'",
            new { appId, number });

    public static void InsertSlug(SqliteConnection db, long appId, Slug slug, DateTimeOffset now) =>
        db.Execute(
            "INSERT INTO slugs (app_id, id, image, commit_id, stack, stack_image, buildpacks, process_types, mounts, healthchecks, size, created_at) "
            + "VALUES (@appId, @Id, @Image, @Commit, @Stack, @StackImage, @buildpacks, @processTypes, @mounts, @Healthchecks, @Size, @now) "
            + "ON CONFLICT (app_id, id) DO NOTHING",
            new
            {
                appId,
                slug.Id,
                slug.Image,
                slug.Commit,
                slug.Stack,
                slug.StackImage,
                buildpacks = JsonSerializer.Serialize(slug.Buildpacks),
                processTypes = JsonSerializer.Serialize(slug.ProcessTypes),
                mounts = JsonSerializer.Serialize(slug.Mounts),
                slug.Healthchecks,
                slug.Size,
                now,
            });

    /// <summary>Adds the app's next release; the caller's transaction makes the number gapless.</summary>
    public static Release Insert(
        SqliteConnection db, long appId, Slug? slug, ConfigVars configVars, string description, string user, DateTimeOffset now)
    {
        var number = db.ExecuteScalar<int>(
            "INSERT INTO releases (app_id, number, slug_id, config_vars, description, user, created_at) "
            + "VALUES (@appId, (SELECT COALESCE(MAX(number), 0) + 1 FROM releases WHERE app_id = @appId), "
            + "@slugId, @vars, @description, @user, @now) RETURNING number",
            new { appId, slugId = slug?.Id, vars = JsonSerializer.Serialize(configVars.Reveal()), description, user, now });
        return new Release(appId, number, slug, configVars, description, user, now);
    }

    private sealed record Row
    {
        public long AppId { get; init; }

        public int Number { get; init; }

        public string ConfigVars { get; init; } = "{}";

        public string Description { get; init; } = "";

        public string User { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public string? SlugId { get; init; }

        public string Image { get; init; } = "";

        public string CommitId { get; init; } = "";

        public string Stack { get; init; } = "";

        public string StackImage { get; init; } = "";

        public string Buildpacks { get; init; } = "[]";

        public string ProcessTypes { get; init; } = "{}";

        public string Mounts { get; init; } = "[]";

        public string? Healthchecks { get; init; }

        public long Size { get; init; }

        public Release ToRelease() => new(
            AppId, Number, SlugId is null ? null : ToSlug(SlugId), Apps.ConfigVars.From(Json<Dictionary<string, string>>(ConfigVars)),
            Description, User, CreatedAt);

        private Slug ToSlug(string id) => new(
            id, Image, CommitId, Stack, StackImage, Json<ImmutableArray<Buildpack>>(Buildpacks),
            Json<Dictionary<string, string>>(ProcessTypes).ToImmutableSortedDictionary(StringComparer.Ordinal),
            Json<ImmutableArray<string>>(Mounts), Healthchecks, Size);

        private static T Json<T>(string text) => JsonSerializer.Deserialize<T>(text)!;
    }
}
