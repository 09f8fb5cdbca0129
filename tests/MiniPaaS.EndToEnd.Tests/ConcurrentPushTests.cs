using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Several changes at once.</summary>
public sealed class ConcurrentPushTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Pushes_of_two_branches_at_once_are_deployed_one_after_the_other()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "two-branches");
        await SlowStartAsync(app);
        using var first = app.StartPush();
        await first.SaysAsync("Launching...");
        await app.CommitAsync("version", "3");

        var second = await app.TryGitAsync("push", "paas", "HEAD:main");

        (await TestApp.EndOf(first)).Expect();
        Assert.Contains("Waiting for another change of this app to finish", second.Expect().Errors, StringComparison.Ordinal);
        Assert.Equal("version 3", await app.GetAsync());
        Assert.Equal([3, 2, 1], (await app.ReleasesAsync()).Select(r => r.Version));
        Assert.All(await app.ReleasesAsync(), release => Assert.Equal("succeeded", release.Status));
        await app.SettleAsync();
    }

    [Fact]
    public async Task A_push_to_a_branch_that_another_push_moved_meanwhile_is_not_deployed()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "same-branch");
        await SlowStartAsync(app);
        using var first = app.StartPush();
        await first.SaysAsync("Launching...");
        await app.CommitAsync("version", "3");

        var second = await app.PushRejectedAsync();

        (await TestApp.EndOf(first)).Expect();
        Assert.Contains("master was moved by another push", second.Errors, StringComparison.Ordinal);
        Assert.Equal("version 2", await app.GetAsync());
        Assert.Equal(2, (await app.InfoAsync()).Release);

        (await app.PushAsync()).Expect();
        Assert.Equal("version 3", await app.GetAsync());
    }

    [Fact]
    public async Task A_config_change_during_a_push_is_made_on_top_of_it()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "push-and-config");
        await SlowStartAsync(app);
        using var push = app.StartPush();
        await push.SaysAsync("Launching...");

        await app.PaasAsync("config:set", "COLOUR=red");

        (await TestApp.EndOf(push)).Expect();
        Assert.Equal("version 2", await app.GetAsync());
        Assert.Equal("red", await app.GetAsync("/env/COLOUR"));
        Assert.Equal(3, (await app.InfoAsync()).Release);
    }

    private static Task SlowStartAsync(TestApp app)
    {
        app.Write("version", "2");
        return app.CommitAsync("Procfile", "web: sleep 3; python3 server\n");
    }
}
