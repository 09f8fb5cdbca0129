using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on automatic certificates.</summary>
internal static class AcmeTable
{
    private const string Select =
        """
        SELECT host AS Host, app_id AS AppId, chain AS Chain, private_key AS PrivateKey, not_before AS NotBefore, not_after AS NotAfter,
               failures AS Failures, error AS Error, next_attempt AS NextAttempt, created_at AS CreatedAt, updated_at AS UpdatedAt
        FROM acme_certificates
        """;

    public static bool IsEnabled(SqliteConnection db, long appId) =>
        db.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM acme_apps WHERE app_id = @appId)", new { appId });

    public static void Enable(SqliteConnection db, long appId, DateTimeOffset now) =>
        db.Execute("INSERT INTO acme_apps (app_id, enabled_at) VALUES (@appId, @now) ON CONFLICT (app_id) DO NOTHING", new { appId, now });

    /// <summary>Switches it off; the app's automatic certificates go with it.</summary>
    public static void Disable(SqliteConnection db, long appId) => db.Execute("DELETE FROM acme_apps WHERE app_id = @appId", new { appId });

    public static ImmutableArray<AutomaticCertificate> All(SqliteConnection db) =>
        [.. db.Query<Row>($"{Select} ORDER BY host").Select(r => r.ToCertificate())];

    public static ImmutableArray<AutomaticCertificate> OfApp(SqliteConnection db, long appId) =>
        [.. db.Query<Row>($"{Select} WHERE app_id = @appId ORDER BY host", new { appId }).Select(r => r.ToCertificate())];

    public static AutomaticCertificate? Find(SqliteConnection db, string host) =>
        db.QuerySingleOrDefault<Row>($"{Select} WHERE host = @host", new { host })?.ToCertificate();

    /// <summary>Every domain of every app that has it switched on, in the order in which they were added.</summary>
    public static ImmutableArray<(long AppId, string App, string Host)> Domains(SqliteConnection db) =>
    [
        .. db.Query<(long, string, string)>(
            "SELECT d.app_id, p.name, d.host FROM domains d JOIN acme_apps a ON a.app_id = d.app_id JOIN apps p ON p.id = d.app_id ORDER BY d.rowid"),
    ];

    /// <summary>Puts an issued certificate in force; false when the domain went or it was switched off in the meantime.</summary>
    public static bool Issue(SqliteConnection db, long appId, string host, Certificate certificate, DateTimeOffset renewAt, DateTimeOffset now) =>
        db.Execute(
            "INSERT INTO acme_certificates "
            + "(host, app_id, chain, private_key, not_before, not_after, failures, error, next_attempt, created_at, updated_at) "
            + "SELECT d.host, d.app_id, @Chain, @Key, @NotBefore, @NotAfter, 0, NULL, @renewAt, @now, @now "
            + "FROM domains d JOIN acme_apps a ON a.app_id = d.app_id WHERE d.host = @host AND d.app_id = @appId "
            + "ON CONFLICT (host) DO UPDATE SET chain = excluded.chain, private_key = excluded.private_key, not_before = excluded.not_before, "
            + "not_after = excluded.not_after, failures = 0, error = NULL, next_attempt = excluded.next_attempt, updated_at = excluded.updated_at",
            new { appId, host, certificate.Chain, certificate.Key, certificate.NotBefore, certificate.NotAfter, renewAt, now }) > 0;

    /// <summary>Notes a failed attempt; a certificate that is in force stays. False as for <see cref="Issue"/>.</summary>
    public static bool Fail(SqliteConnection db, long appId, string host, string error, DateTimeOffset nextAttempt, DateTimeOffset now) =>
        db.Execute(
            "INSERT INTO acme_certificates (host, app_id, failures, error, next_attempt, created_at, updated_at) "
            + "SELECT d.host, d.app_id, 1, @error, @nextAttempt, @now, @now "
            + "FROM domains d JOIN acme_apps a ON a.app_id = d.app_id WHERE d.host = @host AND d.app_id = @appId "
            + "ON CONFLICT (host) DO UPDATE SET failures = failures + 1, error = excluded.error, next_attempt = excluded.next_attempt, "
            + "updated_at = excluded.updated_at",
            new { appId, host, error, nextAttempt, now }) > 0;

    /// <summary>Makes the domains whose last attempt failed due at once; returns how many.</summary>
    public static int Retry(SqliteConnection db, long appId, DateTimeOffset now) =>
        db.Execute("UPDATE acme_certificates SET next_attempt = @now WHERE app_id = @appId AND error IS NOT NULL", new { appId, now });

    private sealed record Row
    {
        public string Host { get; init; } = "";

        public long AppId { get; init; }

        public string? Chain { get; init; }

        public string? PrivateKey { get; init; }

        public DateTimeOffset? NotBefore { get; init; }

        public DateTimeOffset? NotAfter { get; init; }

        public int Failures { get; init; }

        public string? Error { get; init; }

        public DateTimeOffset NextAttempt { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public AutomaticCertificate ToCertificate() => new(
            Host,
            AppId,
            Chain is null ? null : new Certificate(Chain, PrivateKey!, [Host], NotBefore!.Value, NotAfter!.Value),
            Failures,
            Error,
            NextAttempt,
            CreatedAt,
            UpdatedAt);
    }
}
