using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Pushers who leave.</summary>
public sealed class DisconnectTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task A_pusher_who_leaves_during_the_build_changes_nothing()
    {
        var app = await TestApp.DeployAsync(Platform, "dotnet-hello", "left-building");
        var id = $"{(await app.InfoAsync()).Number}";
        var pushed = await app.GitAsync("rev-parse", "HEAD");
        await app.CommitSlowBuildAsync();
        using var push = app.StartPush();
        await push.SaysAsync(SlowBuild.Word);

        push.Kill();

        await Eventually.HoldsAsync(
            "the build is given up", async () => !(await Platform.Engine.ContainersAsync()).Any(c => c.App == id && c.Kind == "build"));
        Assert.Equal(1, (await app.InfoAsync()).Release);
        Assert.Single(await app.ReleasesAsync());
        Assert.StartsWith(pushed, await app.GitAsync("ls-remote", "paas", "master"), StringComparison.Ordinal);

        await app.CommitFastBuildAsync();
        (await app.PushAsync()).Expect();
        Assert.Equal(2, (await app.InfoAsync()).Release);
    }

    [Fact]
    public async Task A_pusher_who_leaves_after_the_release_misses_only_the_news()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "left-launching");
        app.Write("version", "2");
        await app.CommitAsync("Procfile", "web: sleep 3; python3 server\n");
        using var push = app.StartPush();
        await push.SaysAsync("Launching...");

        push.Kill();

        await Eventually.HoldsAsync("version 2 is live", async () => await app.GetAsync() == "version 2");
        await app.SettleAsync();
        var head = await app.GitAsync("rev-parse", "HEAD");
        await Eventually.HoldsAsync(
            "the branch has moved", async () => (await app.GitAsync("ls-remote", "paas", "master")).StartsWith(head, StringComparison.Ordinal));
    }
}
