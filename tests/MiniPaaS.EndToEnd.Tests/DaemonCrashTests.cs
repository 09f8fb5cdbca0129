using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>kill -9 of the control plane, at every moment that matters: apps go on, and a restart finishes or undoes what was begun.</summary>
public sealed class DaemonCrashTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    [Fact]
    public async Task At_rest_nobody_notices()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "at-rest");
        await app.PaasAsync("ps:scale", "web=2");
        await app.SettleAsync(2);
        var before = (await app.ContainersAsync()).Select(c => c.Id).Order();
        await using var load = await Load.StartAsync(app);

        await Platform.KillDaemonAsync();
        await load.AnsweredAsync();
        await Platform.StartDaemonAsync();
        await load.AnsweredAsync();

        await Eventually.HoldsAsync("both dynos are up", async () => (await app.DynosAsync()).Count(d => d.State == "up") == 2);
        Assert.Equal(before, (await app.ContainersAsync()).Select(c => c.Id).Order());
        Assert.Matches(@"web\.1\s+up\s+v1", await app.PaasAsync("ps"));
        await load.StopAsync();
        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 2", await app.GetAsync());
    }

    [Fact]
    public async Task During_a_build_the_push_fails_and_nothing_is_left_of_it()
    {
        var app = await TestApp.DeployAsync(Platform, "dotnet-hello", "killed-build");
        await app.CommitSlowBuildAsync();
        await using var load = await Load.StartAsync(app);
        using var push = app.StartPush();
        await push.SaysAsync(SlowBuild.Word);

        await Platform.KillDaemonAsync();

        Assert.False((await TestApp.EndOf(push)).Succeeded);
        await Platform.StartDaemonAsync();
        await app.SettleAsync();
        await load.StopAsync();
        Assert.DoesNotContain(await Platform.Engine.ContainersAsync(), c => c.Kind == "build");
        AssertNoBuildDirectories();
        Assert.Equal(1, (await app.InfoAsync()).Release);
        await app.CommitFastBuildAsync();
        await app.CommitAsync("Again");
        (await app.PushAsync()).Expect();
        Assert.Equal(2, (await app.InfoAsync()).Release);
    }

    [Theory]
    [InlineData("release-phase", "release: echo migrating; sleep 4; echo migrated\nweb: python3 server\n", "migrating")]
    [InlineData("starting-step", "web: sleep 4; python3 server\n", "Launching...")]
    public async Task Once_released_a_restart_finishes_the_deployment(string name, string procfile, string moment)
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", name);
        app.Write("version", "2");
        await app.CommitAsync("Procfile", procfile);
        await using var load = await Load.StartAsync(app);
        using var push = app.StartPush();
        await push.SaysAsync(moment);
        await Eventually.HoldsAsync("the new release has a container", async () => (await Containers(app, "2")).Any(c => c.State == "running"));

        await Platform.KillDaemonAsync();
        await load.AnsweredAsync();
        await Platform.StartDaemonAsync();

        await Eventually.HoldsAsync("version 2 is live", async () => await app.GetAsync() == "version 2");
        await app.SettleAsync();
        await load.StopAsync();
        Assert.Single(await Containers(app, "2"));
        Assert.Equal(2, (await app.InfoAsync()).Release);
        Assert.Equal("succeeded", (await app.ReleasesAsync())[0].Status);
        Assert.False((await TestApp.EndOf(push)).Succeeded);
        await app.CommitAsync("version", "3");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 3", await app.GetAsync());
    }

    [Fact]
    public async Task A_killed_dyno_that_died_meanwhile_is_replaced_after_the_restart()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "died-meanwhile");
        var before = Assert.Single(await app.ContainersAsync());

        await Platform.KillDaemonAsync();
        await Platform.Engine.KillAsync(before.Id);
        await Platform.StartDaemonAsync();

        await Eventually.GetAsync("the app answers again", () => app.AskAsync(), answer => answer.Status == 200);
        await app.SettleAsync();
        Assert.NotEqual(before.Id, Assert.Single(await app.ContainersAsync()).Id);
    }

    private void AssertNoBuildDirectories()
    {
        var builds = Path.Combine(Platform.StateDir, "builds");
        Assert.Empty(Directory.Exists(builds) ? Directory.GetFileSystemEntries(builds) : []);
    }

    private async Task<IReadOnlyList<Container>> Containers(TestApp app, string release)
    {
        var id = $"{(await app.InfoAsync()).Number}";
        return [.. (await Platform.Engine.ContainersAsync()).Where(c => c.App == id && c.Release == release)];
    }
}
