using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Store;

public sealed class BuildpackTableTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-db");
    private Database database = null!;
    private long app;

    public async Task InitializeAsync()
    {
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        app = (await database.WriteAsync(
            db => AppTable.Insert(db, Sample.Name("myapp"), null, "myapp.localhost", DateTimeOffset.UnixEpoch), default))!.Id;
    }

    public Task DisposeAsync()
    {
        database.Dispose();
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_first_detection_is_kept_and_a_choice_takes_its_place()
    {
        Assert.Empty(InForce());
        await PinAsync("minipaas/php");
        await PinAsync("minipaas/dotnet");
        Assert.Equal(["minipaas/php"], InForce());
        Assert.Equal("minipaas/php", database.Read(db => BuildpackTable.Find(db, app)).Detected);

        await database.WriteAsync(db => BuildpackTable.Set(db, app, ["heroku/b", "heroku/a"]), default);
        await PinAsync("minipaas/php");
        Assert.Equal(["heroku/b", "heroku/a"], InForce());
        Assert.Null(database.Read(db => BuildpackTable.Find(db, app)).Detected);

        await database.WriteAsync(db => BuildpackTable.Set(db, app, []), default);
        Assert.Empty(InForce());
    }

    [Fact]
    public async Task What_belongs_to_a_destroyed_app_goes_with_it_and_comes_too_late_afterwards()
    {
        await PinAsync("minipaas/php");
        await database.WriteAsync(db => AppTable.Delete(db, app), default);
        await PinAsync("minipaas/php");
        Assert.Empty(InForce());
    }

    private Task PinAsync(string buildpack) => database.WriteAsync(db => BuildpackTable.Pin(db, app, buildpack), default);

    private string[] InForce() => [.. database.Read(db => BuildpackTable.Find(db, app)).InForce];
}
