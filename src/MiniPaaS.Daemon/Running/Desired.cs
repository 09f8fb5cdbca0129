using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Running;

/// <summary>All rows that say what should run and what should be routed for one app, read in one go.</summary>
internal sealed record AppRows(
    App App,
    Formation Formation,
    ImmutableArray<string> Domains,
    Release? Live,
    Deployment? Open,
    Release? Opening,
    bool Acme = false)
{
    public Traffic Traffic { get; init; } = Traffic.Default;

    /// <summary>The open deployment where it stopped as a canary.</summary>
    public Canary? Canary { get; init; }

    /// <summary>Reads them; null when the app is gone.</summary>
    public static AppRows? Read(SqliteConnection db, long appId)
    {
        using var snapshot = db.BeginTransaction(deferred: true);
        if (AppTable.Find(db, appId) is not { } app)
        {
            return null;
        }

        var open = DeploymentTable.Open(db, appId);
        return new AppRows(
            app,
            AppTable.Formation(db, appId),
            AppTable.Domains(db, appId),
            app.LiveRelease is { } live ? ReleaseTable.Find(db, appId, live) : null,
            open,
            open is null ? null : ReleaseTable.Find(db, appId, open.Release),
            AcmeTable.IsEnabled(db, appId))
        {
            Traffic = TrafficTable.Find(db, appId),
            Canary = CanaryTable.Open(db, appId),
        };
    }

    /// <summary>What they say about the app's route.</summary>
    public RouteWish Route => new()
    {
        App = App.Name,
        Release = App.LiveRelease,
        Deployment = App.LiveDeployment,
        Quantity = Formation.Of(Formation.Web),
        Hosts = Domains,
        Traffic = Traffic,
        ConfigVars = Live?.ConfigVars ?? ConfigVars.Empty,
        Canary = Canary,
        Acme = Acme,
    };
}

/// <summary>Which dynos should run: a pure function of the rows, so that there is nothing to recover.</summary>
internal static class Desired
{
    public static ImmutableArray<DynoSpec> Of(AppRows rows)
    {
        var dynos = ImmutableArray.CreateBuilder<DynoSpec>();
        if (rows.Live is { Slug: not null } live && rows.App.LiveDeployment is { } deployment)
        {
            foreach (var type in live.Slug.ProcessTypes.Keys)
            {
                dynos.AddRange(Dynos(rows, live, deployment, type));
            }
        }

        // Beside the live ones only web dynos start: other types would consume the same queues twice.
        if (rows.Open is { Step: DeploymentStep.Starting or DeploymentStep.Canary } open && rows.Opening is { Slug: not null } opening
            && opening.Slug.ProcessTypes.ContainsKey(Formation.Web))
        {
            dynos.AddRange(Dynos(rows, opening, open.Id, Formation.Web));
        }

        return dynos.ToImmutable();
    }

    private static IEnumerable<DynoSpec> Dynos(AppRows rows, Release release, long deployment, string type) =>
        Enumerable.Range(1, rows.Formation.Of(type))
            .Select(ordinal => new DynoSpec(new DynoSlot(rows.App.Id, deployment, type, ordinal), rows.App.Name, release));
}
