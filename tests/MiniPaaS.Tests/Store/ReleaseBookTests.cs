using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Store;

public sealed class ReleaseBookTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-db");
    private Database database = null!;
    private ReleaseBook book = null!;
    private long app;

    public async Task InitializeAsync()
    {
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        book = new ReleaseBook(database, TimeProvider.System);
        app = (await database.WriteAsync(
            db => AppTable.Insert(db, Sample.Name("myapp"), null, "myapp.localhost", DateTimeOffset.UnixEpoch), default))!.Id;
    }

    [Fact]
    public async Task Releases_are_numbered_from_one_without_gaps_per_app()
    {
        var other = (await database.WriteAsync(
            db => AppTable.Insert(db, Sample.Name("other"), null, "other.localhost", DateTimeOffset.UnixEpoch), default))!.Id;
        Assert.Equal(1, await DeployAsync());
        Assert.Equal(2, await DeployAsync(live: false));
        Assert.Equal(3, await DeployAsync());
        Assert.Equal(1, (await book.ConfigureAsync(other, Change("A", "1"), "me", default))!.Value.Release.Number);
    }

    [Fact]
    public async Task A_release_carries_the_config_vars_of_the_live_one()
    {
        await book.ConfigureAsync(app, Change("A", "1"), "me", default);
        await DeployAsync();
        Assert.Equal("1", database.Read(db => ReleaseTable.Find(db, app, 2))!.ConfigVars.Reveal()["A"]);
    }

    [Fact]
    public async Task Config_vars_without_code_are_live_at_once()
    {
        var (release, deployment) = (await book.ConfigureAsync(app, Change("A", "1"), "me", default))!.Value;
        Assert.True(deployment.Succeeded);
        Assert.Equal(release.Number, database.Read(db => AppTable.Find(db, app))!.LiveRelease);
        Assert.Equal("Set A config vars", release.Description);
    }

    [Fact]
    public async Task A_config_change_that_failed_leaves_the_config_vars_of_the_live_release_in_force()
    {
        await DeployAsync();
        var (_, deployment) = (await book.ConfigureAsync(app, Change("BAD", "1"), "me", default))!.Value;
        await database.WriteAsync(db => DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Failed, "no", DateTimeOffset.UnixEpoch), default);
        Assert.Equal(0, database.Read(db => ReleaseBook.ConfigVarsOf(db, app)).Count);
    }

    [Fact]
    public async Task Setting_what_is_set_makes_no_release()
    {
        await book.ConfigureAsync(app, Change("A", "1"), "me", default);
        Assert.Null(await book.ConfigureAsync(app, Change("A", "1"), "me", default));
    }

    [Fact]
    public async Task A_rollback_is_a_new_release_of_the_slug_and_config_vars_that_were_live_before()
    {
        await DeployAsync();
        await FlipAsync((await book.ConfigureAsync(app, Change("A", "1"), "me", default))!.Value.Deployment);
        await DeployAsync(live: false);
        var (release, _, error) = await book.RollBackAsync(app, null, "me", default);
        Assert.Null(error);
        Assert.Equal((4, "Rollback to v1", 0), (release!.Number, release.Description, release.ConfigVars.Count));
    }

    [Theory]
    [InlineData(1, "is live already")]
    [InlineData(2, "never went live")]
    [InlineData(9, "no release v9")]
    [InlineData(null, "no release before")]
    public async Task A_rollback_that_cannot_be_is_refused_with_its_reason(int? target, string reason)
    {
        await DeployAsync();
        await DeployAsync(live: false);
        var (release, _, error) = await book.RollBackAsync(app, target, "me", default);
        Assert.Null(release);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_app_has_one_open_deployment()
    {
        await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default));
        Assert.Single(database.Read(db => ReleaseList.Between(db, app, 0, 100, descending: false, most: 100)));
    }

    [Fact]
    public async Task A_slug_comes_back_from_the_store_as_it_went_in()
    {
        var slug = Sample.Slug(("web", "./a --b=$PORT"), ("worker", "c")) with { Mounts = ["dotnet-10"], Healthchecks = "{}" };
        await book.DeployAsync(app, slug, new SlugOrigin("Deploy"), "me", default);
        var read = database.Read(db => ReleaseTable.Find(db, app, 1))!.Slug!;
        Assert.Equal(slug.ProcessTypes, read.ProcessTypes);
        Assert.Equal(slug.Mounts.AsEnumerable(), read.Mounts);
        Assert.Equal(slug.Buildpacks.AsEnumerable(), read.Buildpacks);
        Assert.Equal(
            slug with { ProcessTypes = read.ProcessTypes, Mounts = read.Mounts, Buildpacks = read.Buildpacks }, read);
    }

    [Fact]
    public async Task A_destroyed_app_leaves_no_rows_and_its_id_is_not_used_again()
    {
        await DeployAsync();
        await database.WriteAsync(db => AppTable.Delete(db, app), default);
        var again = await database.WriteAsync(
            db => AppTable.Insert(db, Sample.Name("myapp"), null, "myapp.localhost", DateTimeOffset.UnixEpoch), default);
        Assert.Empty(database.Read(db => ReleaseList.Between(db, again!.Id, 0, 100, descending: false, most: 100)));
        Assert.NotEqual(app, again!.Id);
    }

    [Fact]
    public async Task A_token_names_its_user_and_is_not_in_the_file()
    {
        var token = await database.WriteAsync(db => TokenTable.Create(db, "ann", DateTimeOffset.UnixEpoch), default);
        Assert.Equal("ann", database.Read(db => TokenTable.UserOf(db, token)));
        Assert.Null(database.Read(db => TokenTable.UserOf(db, token + "x")));
        foreach (var file in folder.EnumerateFiles("db*"))
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(token, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    public Task DisposeAsync()
    {
        database.Dispose();
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private static Dictionary<string, string?> Change(string name, string? value) => new() { [name] = value };

    private async Task<int> DeployAsync(bool live = true)
    {
        var (release, deployment) = await book.DeployAsync(app, Sample.Slug(), new SlugOrigin("Deploy"), "me", default);
        if (live)
        {
            await FlipAsync(deployment);
        }
        else
        {
            await database.WriteAsync(db => DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Failed, "no", DateTimeOffset.UnixEpoch), default);
        }

        return release.Number;
    }

    private Task FlipAsync(Deployment deployment) => database.WriteAsync(
        db =>
        {
            DeploymentTable.Flip(db, deployment);
            DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Done, null, DateTimeOffset.UnixEpoch);
        },
        default);
}
