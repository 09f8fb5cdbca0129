using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on uploaded certificates.</summary>
internal static class CertificateTable
{
    private const string Select =
        """
        SELECT id AS Id, app_id AS AppId, name AS Name, chain AS Chain, private_key AS PrivateKey, names AS Names, domains AS Domains,
               not_before AS NotBefore, not_after AS NotAfter, created_at AS CreatedAt, updated_at AS UpdatedAt
        FROM certificates
        """;

    public static ImmutableArray<UploadedCertificate> All(SqliteConnection db) =>
        [.. db.Query<Row>($"{Select} ORDER BY id").Select(r => r.ToCertificate())];

    public static ImmutableArray<UploadedCertificate> OfApp(SqliteConnection db, long appId) =>
        [.. db.Query<Row>($"{Select} WHERE app_id = @appId ORDER BY id", new { appId }).Select(r => r.ToCertificate())];

    public static UploadedCertificate? Find(SqliteConnection db, long appId, string name) =>
        db.QuerySingleOrDefault<Row>($"{Select} WHERE app_id = @appId AND name = @name", new { appId, name })?.ToCertificate();

    /// <summary>Adds a certificate under a name of its own, made from a wish and its number.</summary>
    public static UploadedCertificate Insert(
        SqliteConnection db, long appId, string wish, Certificate certificate, ImmutableArray<string>? chosen, DateTimeOffset now)
    {
        var id = db.ExecuteScalar<long>(
            "INSERT INTO certificates (app_id, name, chain, private_key, names, domains, not_before, not_after, created_at, updated_at) "
            + "VALUES (@appId, lower(hex(randomblob(16))), @Chain, @Key, @names, @domains, @NotBefore, @NotAfter, @now, @now) RETURNING id",
            new
            {
                appId,
                certificate.Chain,
                certificate.Key,
                names = JsonSerializer.Serialize(certificate.Names),
                domains = chosen is null ? null : JsonSerializer.Serialize(chosen),
                certificate.NotBefore,
                certificate.NotAfter,
                now,
            });
        var name = $"{wish}-{id}";
        db.Execute("UPDATE certificates SET name = @name WHERE id = @id", new { id, name });
        return Find(db, appId, name)!;
    }

    public static void Update(SqliteConnection db, long id, Certificate certificate, ImmutableArray<string>? chosen, DateTimeOffset now) =>
        db.Execute(
            "UPDATE certificates SET chain = @Chain, private_key = @Key, names = @names, domains = @domains, not_before = @NotBefore, "
            + "not_after = @NotAfter, updated_at = @now WHERE id = @id",
            new
            {
                id,
                certificate.Chain,
                certificate.Key,
                names = JsonSerializer.Serialize(certificate.Names),
                domains = chosen is null ? null : JsonSerializer.Serialize(chosen),
                certificate.NotBefore,
                certificate.NotAfter,
                now,
            });

    public static void Delete(SqliteConnection db, long id) => db.Execute("DELETE FROM certificates WHERE id = @id", new { id });

    private sealed record Row
    {
        public long Id { get; init; }

        public long AppId { get; init; }

        public string Name { get; init; } = "";

        public string Chain { get; init; } = "";

        public string PrivateKey { get; init; } = "";

        public string Names { get; init; } = "[]";

        public string? Domains { get; init; }

        public DateTimeOffset NotBefore { get; init; }

        public DateTimeOffset NotAfter { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public UploadedCertificate ToCertificate() => new(
            Id, AppId, Name, new Certificate(Chain, PrivateKey, List(Names), NotBefore, NotAfter),
            Domains is null ? null : List(Domains), CreatedAt, UpdatedAt);

        private static ImmutableArray<string> List(string json) => JsonSerializer.Deserialize<ImmutableArray<string>>(json);
    }
}
