using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Store;

/// <summary>How visitors are treated, as it is stored; and that a database of the version before opens and works.</summary>
public sealed class TrafficTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-db");

    private string FilePath => Path.Combine(folder.FullName, "db");

    [Fact]
    public async Task What_was_set_survives_a_restart_of_the_daemon()
    {
        long app;
        using (var database = Database.Open(FilePath))
        {
            app = await NewAppAsync(database, "myapp");
            AssertDefault(database.Read(db => TrafficTable.Find(db, app)));
            await database.WriteAsync(
                db =>
                {
                    TrafficTable.SetMaintenance(db, app, on: true);
                    TrafficTable.SetHold(db, app, Noon, 45);
                    TrafficTable.SetRule(db, app, RoutingRule.HttpsOnly, "on");
                    TrafficTable.SetRule(db, app, RoutingRule.MaxConcurrent, "5");
                    TrafficTable.SetRule(db, app, RoutingRule.MaxConcurrent, "6");
                    TrafficTable.SetRule(db, app, RoutingRule.Hsts, "60");
                    TrafficTable.SetRule(db, app, RoutingRule.Hsts, null);
                },
                default);
        }

        using var again = Database.Open(FilePath);
        var traffic = again.Read(db => TrafficTable.Find(db, app));
        Assert.Equal((true, Noon, 45), (traffic.Maintenance, traffic.HoldUntil, traffic.HoldSeconds));
        Assert.Equal([("https-only", "on"), ("max-concurrent", "6")], traffic.Rules.Select(r => (r.Key, r.Value)));
        Assert.True(traffic.IsHeld(Noon.AddSeconds(-1)));
        Assert.False(traffic.IsHeld(Noon));
        await again.WriteAsync(db => TrafficTable.SetMaintenance(db, app, on: false), default);
        await again.WriteAsync(db => TrafficTable.SetHold(db, app, null, 0), default);
        traffic = again.Read(db => TrafficTable.Find(db, app));
        Assert.Equal((false, null), (traffic.Maintenance, traffic.HoldUntil));
    }

    [Fact]
    public async Task A_destroyed_app_takes_its_traffic_with_it()
    {
        using var database = Database.Open(FilePath);
        var app = await NewAppAsync(database, "myapp");
        await database.WriteAsync(
            db =>
            {
                TrafficTable.SetMaintenance(db, app, on: true);
                TrafficTable.SetRule(db, app, RoutingRule.Canary, "5");
                CanaryTable.Insert(db, DeploymentTable.Insert(db, app, 1, DeploymentStep.Starting, null, Noon).Id, 5);
                AppTable.Delete(db, app);
            },
            default);
        Assert.Equal(0, database.Read(db => db.ExecuteScalar<int>(
            "SELECT (SELECT COUNT(*) FROM traffic) + (SELECT COUNT(*) FROM routing_rules) + (SELECT COUNT(*) FROM canaries)")));
    }

    [Fact]
    public async Task A_new_release_of_a_live_app_becomes_a_canary_and_nothing_else_does()
    {
        using var database = Database.Open(FilePath);
        var book = new ReleaseBook(database, TimeProvider.System);
        var app = await NewAppAsync(database, "myapp");
        await database.WriteAsync(db => TrafficTable.SetRule(db, app, RoutingRule.Canary, "10"), default);

        var (_, first) = await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default);
        Assert.Equal(0, PercentFor(database, first));
        await FlipAsync(database, first);

        var restart = (await book.RestartAsync(app, default))!;
        Assert.Equal(0, PercentFor(database, restart));
        await FlipAsync(database, restart);

        var (_, second) = await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default);
        Assert.Equal(10, PercentFor(database, second));
        await database.WriteAsync(db => AppTable.Scale(db, app, "web", 0), default);
        Assert.Equal(0, PercentFor(database, second));
        await database.WriteAsync(db => AppTable.Scale(db, app, "web", 1), default);
        await database.WriteAsync(db => TrafficTable.SetRule(db, app, RoutingRule.Canary, null), default);
        Assert.Equal(0, PercentFor(database, second));
    }

    [Fact]
    public async Task An_open_canary_is_found_in_the_journal_with_its_share()
    {
        using var database = Database.Open(FilePath);
        var book = new ReleaseBook(database, TimeProvider.System);
        var app = await NewAppAsync(database, "myapp");
        await FlipAsync(database, (await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default)).Deployment);
        var (_, deployment) = await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default);
        await database.WriteAsync(db => CanaryTable.Insert(db, deployment.Id, 10), default);
        await database.WriteAsync(db => CanaryTable.SetPercent(db, deployment.Id, 25), default);

        var rows = database.Read(db => AppRows.Read(db, app))!;

        Assert.Equal(new Canary(deployment.Id, 2, 25), rows.Canary);
        Assert.Equal(DeploymentStep.Canary, rows.Open!.Step);
        Assert.Equal(rows.Canary, rows.Route.Canary);
        await FlipAsync(database, deployment);
        Assert.Null(database.Read(db => CanaryTable.Open(db, app)));
    }

    [Fact]
    public async Task Hosts_belong_to_one_app_each()
    {
        using var database = Database.Open(FilePath);
        var (one, other) = (await NewAppAsync(database, "one"), await NewAppAsync(database, "other"));
        await database.WriteAsync(db => DomainTable.Insert(db, one, "www.example.org"), default);
        Assert.Equal(one, database.Read(db => DomainTable.OwnerOf(db, "www.example.org")));
        await database.WriteAsync(db => DomainTable.Delete(db, other, "www.example.org"), default);
        Assert.Equal(["one.localhost", "www.example.org"], database.Read(db => AppTable.Domains(db, one)).AsEnumerable());
        await database.WriteAsync(db => DomainTable.Delete(db, one, "www.example.org"), default);
        Assert.Null(database.Read(db => DomainTable.OwnerOf(db, "www.example.org")));
    }

    [Fact]
    public async Task A_database_of_version_0_1_opens_and_works()
    {
        using (var old = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            old.Open();
            using var schema = new StreamReader(typeof(TrafficTests).Assembly.GetManifestResourceStream("schema-0.1.sql")!);
            old.Execute(schema.ReadToEnd());
            old.Execute("INSERT INTO apps (name, live_release, live_deployment, created_at) VALUES ('myapp', 1, 1, '2026-11-21T12:00:00.000000Z')");
            old.Execute("INSERT INTO domains (host, app_id) VALUES ('myapp.localhost', 1)");
            old.Execute("INSERT INTO releases (app_id, number, config_vars, description, user, created_at) VALUES (1, 1, '{}', 'x', 'me', '2026-11-21T12:00:00.000000Z')");
            old.Execute(
                "INSERT INTO slugs (app_id, id, image, commit_id, stack, stack_image, buildpacks, process_types, mounts, size, created_at) "
                + "VALUES (1, 'sha256:1', 'x', 'x', 'bookworm', 'x', '[\"PHP\"]', '{}', '[]', 1, '2026-11-21T12:00:00.000000Z')");
            old.Execute("UPDATE releases SET slug_id = 'sha256:1'");
            old.Execute("INSERT INTO deployments (app_id, release, step, started_at) VALUES (1, 1, 'Starting', '2026-11-21T12:00:00.000000Z')");
        }

        using var database = Database.Open(FilePath);
        var rows = database.Read(db => AppRows.Read(db, 1))!;
        Assert.Equal(new Buildpack("PHP", "php", null, null, ""), Assert.Single(rows.Live!.Slug!.Buildpacks));
        AssertDefault(rows.Traffic);
        Assert.Null(rows.Canary);
        Assert.Equal(DeploymentStep.Starting, rows.Open!.Step);
        await database.WriteAsync(
            db =>
            {
                TrafficTable.SetMaintenance(db, 1, on: true);
                TrafficTable.SetRule(db, 1, RoutingRule.Canary, "5");
                CanaryTable.Insert(db, rows.Open.Id, 5);
                DomainTable.Insert(db, 1, "www.example.org");
            },
            default);
        rows = database.Read(db => AppRows.Read(db, 1))!;
        Assert.Equal((true, 5, DeploymentStep.Canary), (rows.Traffic.Maintenance, rows.Canary!.Percent, rows.Open!.Step));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static async Task<long> NewAppAsync(Database database, string name) =>
        (await database.WriteAsync(db => AppTable.Insert(db, Sample.Name(name), null, $"{name}.localhost", Noon), default))!.Id;

    private static void AssertDefault(Traffic traffic)
    {
        Assert.Empty(traffic.Rules);
        Assert.Equal(Traffic.Default, traffic with { Rules = Traffic.Default.Rules });
    }

    private static int PercentFor(Database database, Deployment deployment) => database.Read(db => Canaries.PercentFor(db, deployment));

    private static Task FlipAsync(Database database, Deployment deployment) => database.WriteAsync(
        db =>
        {
            DeploymentTable.Flip(db, deployment);
            DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Done, null, Noon);
        },
        default);
}
