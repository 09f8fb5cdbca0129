using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on deployments that stopped at the step <see cref="DeploymentStep.Canary"/>.</summary>
internal static class CanaryTable
{
    /// <summary>The canary of an app that waits for a word, if any.</summary>
    public static Canary? Open(SqliteConnection db, long appId) =>
        db.QuerySingleOrDefault<(long Deployment, int Release, int Percent)?>(
            "SELECT d.id, d.release, c.percent FROM deployments d JOIN canaries c ON c.deployment_id = d.id "
            + "WHERE d.app_id = @appId AND d.finished_at IS NULL AND d.step = 'Canary'",
            new { appId }) is var (deployment, release, percent) ? new Canary(deployment, release, percent) : null;

    /// <summary>Stops a deployment there, with the share it begins with.</summary>
    public static void Insert(SqliteConnection db, long deployment, int percent)
    {
        db.Execute("INSERT INTO canaries (deployment_id, percent) VALUES (@deployment, @percent)", new { deployment, percent });
        DeploymentTable.SetStep(db, deployment, DeploymentStep.Canary, deadline: null);
    }

    /// <summary>True for a deployment that is or was a canary.</summary>
    public static bool Has(SqliteConnection db, long deployment) =>
        db.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM canaries WHERE deployment_id = @deployment)", new { deployment });

    public static void SetPercent(SqliteConnection db, long deployment, int percent) =>
        db.Execute("UPDATE canaries SET percent = @percent WHERE deployment_id = @deployment", new { deployment, percent });
}
