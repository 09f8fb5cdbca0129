using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>A release as it is shown: without its config vars, and with what became of it.</summary>
internal sealed record ListedRelease
{
    public int Number { get; init; }

    public string Description { get; init; } = "";

    public string User { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Digest of its slug, or null without one.</summary>
    public string? SlugId { get; init; }

    /// <summary>Commit of its slug, or null without one.</summary>
    public string? Commit { get; init; }

    /// <summary>True when its slug has a command that runs before it goes live.</summary>
    public bool HasReleasePhase { get; init; }

    /// <summary>Its first deployment, which decides whether it succeeded; restarts come later.</summary>
    public long Deployment { get; init; }

    public DeploymentStep Step { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>Queries for what is shown of releases.</summary>
internal static class ReleaseList
{
    private const string Select =
        """
        SELECT r.number AS Number, r.description AS Description, r.user AS User, r.created_at AS CreatedAt, r.slug_id AS SlugId,
               s.commit_id AS "Commit", json_extract(s.process_types, '$.release') IS NOT NULL AS HasReleasePhase,
               d.id AS Deployment, d.step AS Step, d.error AS Error, d.finished_at AS FinishedAt
        FROM releases r
        LEFT JOIN slugs s ON s.app_id = r.app_id AND s.id = r.slug_id
        JOIN deployments d ON d.id = (SELECT MIN(id) FROM deployments WHERE app_id = r.app_id AND release = r.number)
        """;

    /// <summary>The releases of an app between two numbers, both included.</summary>
    public static ImmutableArray<ListedRelease> Between(SqliteConnection db, long appId, long low, long high, bool descending, int most) =>
    [
        .. db.Query<ListedRelease>(
            $"{Select} WHERE r.app_id = @appId AND r.number BETWEEN @low AND @high ORDER BY r.number {(descending ? "DESC" : "")} LIMIT @most",
            new { appId, low, high, most }),
    ];

    public static ListedRelease? Find(SqliteConnection db, long appId, int number) =>
        db.QueryFirstOrDefault<ListedRelease>($"{Select} WHERE r.app_id = @appId AND r.number = @number", new { appId, number });
}
