using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on the journal.</summary>
internal static class DeploymentTable
{
    private const string Columns =
        "id AS Id, app_id AS AppId, release AS Release, step AS Step, error AS Error, started_at AS StartedAt, "
        + "deadline AS Deadline, finished_at AS FinishedAt";

    public static Deployment? Find(SqliteConnection db, long id) =>
        db.QuerySingleOrDefault<Deployment>($"SELECT {Columns} FROM deployments WHERE id = @id", new { id });

    /// <summary>The deployment of an app that is under way, if any.</summary>
    public static Deployment? Open(SqliteConnection db, long appId) =>
        db.QuerySingleOrDefault<Deployment>(
            $"SELECT {Columns} FROM deployments WHERE app_id = @appId AND finished_at IS NULL", new { appId });

    public static ImmutableArray<Deployment> AllOpen(SqliteConnection db) =>
        [.. db.Query<Deployment>($"SELECT {Columns} FROM deployments WHERE finished_at IS NULL ORDER BY id")];

    /// <summary>The first deployment of a release, which decides whether the release succeeded; restarts come later.</summary>
    public static Deployment? OfRelease(SqliteConnection db, long appId, int release) =>
        db.QueryFirstOrDefault<Deployment>(
            $"SELECT {Columns} FROM deployments WHERE app_id = @appId AND release = @release ORDER BY id LIMIT 1", new { appId, release });

    /// <summary>True when a deployment of a release went well, or is under way.</summary>
    public static bool HasNotFailed(SqliteConnection db, long appId, int release) =>
        db.ExecuteScalar<bool>(
            "SELECT EXISTS (SELECT 1 FROM deployments WHERE app_id = @appId AND release = @release AND step <> 'Failed')", new { appId, release });

    public static Deployment Insert(SqliteConnection db, long appId, int release, DeploymentStep step, DateTimeOffset? deadline, DateTimeOffset now)
    {
        var id = db.ExecuteScalar<long>(
            "INSERT INTO deployments (app_id, release, step, deadline, started_at) VALUES (@appId, @release, @step, @deadline, @now) RETURNING id",
            new { appId, release, step = step.ToString(), deadline, now });
        return Find(db, id)!;
    }

    public static void SetStep(SqliteConnection db, long id, DeploymentStep step, DateTimeOffset? deadline) =>
        db.Execute("UPDATE deployments SET step = @step, deadline = @deadline WHERE id = @id", new { id, step = step.ToString(), deadline });

    public static void Finish(SqliteConnection db, long id, DeploymentStep step, string? error, DateTimeOffset now) =>
        db.Execute(
            "UPDATE deployments SET step = @step, error = @error, deadline = NULL, finished_at = @now WHERE id = @id",
            new { id, step = step.ToString(), error, now });

    /// <summary>The flip: the only statement that moves what is live.</summary>
    public static void Flip(SqliteConnection db, Deployment deployment)
    {
        db.Execute(
            "UPDATE apps SET live_release = @Release, live_deployment = @Id WHERE id = @AppId",
            new { deployment.Release, deployment.Id, deployment.AppId });
        SetStep(db, deployment.Id, DeploymentStep.Flipping, deadline: null);
    }
}
