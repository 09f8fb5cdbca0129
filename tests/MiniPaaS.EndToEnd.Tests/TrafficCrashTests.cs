using MiniPaaS.EndToEnd.Harness;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd;

/// <summary>What was said about an app's visitors outlives kill -9 of the daemon, and of the router.</summary>
public sealed class TrafficCrashTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    [Fact]
    public async Task Maintenance_domains_and_rules_outlive_daemon_and_router()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "kept");
        await app.PaasAsync("domains:add", "www.kept.test");
        await app.PaasAsync("routing:set", "max-concurrent=9");
        await app.PaasAsync("maintenance:on");
        var mirror = Path.Combine(Platform.StateDir, "router", "routes.json");
        await Eventually.HoldsAsync(
            "the router has written it down", async () => (await File.ReadAllTextAsync(mirror)).Contains("\"maintenance\"", StringComparison.OrdinalIgnoreCase));

        await Platform.KillDaemonAsync();
        await Platform.KillRouterAsync();
        await Platform.StartRouterAsync();
        Assert.Equal(503, (await app.AskHostAsync("www.kept.test")).Status);
        await Platform.StartDaemonAsync();

        Assert.Equal("on", await app.PaasAsync("maintenance"));
        await app.PaasAsync("maintenance:off");
        Assert.Equal((200, "version 1"), await app.AskHostAsync("www.kept.test"));
        Assert.Equal(9, (await RouterSocket.RouteAsync(app))!.Policy!.MaxConcurrent);
    }

    [Fact]
    public async Task A_hold_ends_at_its_time_although_the_daemon_was_killed()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "held-killed");
        await app.PaasAsync("traffic:hold", "--for", "20s");
        var visitor = app.AskAsync();

        await Platform.KillDaemonAsync();
        await Platform.StartDaemonAsync();

        Assert.Equal((200, "version 1"), await visitor);
        await Eventually.HoldsAsync("the router serves again", async () => (await RouterSocket.RouteAsync(app))!.Mode == RouteMode.Serve);
    }

    [Fact]
    public async Task The_request_log_goes_on_after_daemon_and_router_were_killed()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "log-killed");
        await app.GetAsync("/first");
        await LoggedAsync(app, "/first");

        await Platform.KillDaemonAsync();
        await app.GetAsync("/without-daemon");
        await Platform.StartDaemonAsync();
        await LoggedAsync(app, "/without-daemon");

        await Platform.KillRouterAsync();
        await Platform.StartRouterAsync();
        await Eventually.HoldsAsync("the app answers", async () => (await app.AskAsync("/again")).Status == 200);
        await LoggedAsync(app, "/again");
    }

    [Fact]
    public async Task A_router_that_was_just_started_has_every_change_that_a_command_calls_done()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "rerouted");
        await Platform.KillRouterAsync();
        await Platform.StartRouterAsync();

        await app.PaasAsync("maintenance:on");

        Assert.Equal(503, (await app.AskAsync()).Status);
        await app.PaasAsync("maintenance:off");
        Assert.Equal((200, "version 1"), await app.AskAsync());
    }

    private static Task LoggedAsync(TestApp app, string path) => Eventually.HoldsAsync(
        $"the request for {path} is in the log",
        async () => (await app.PaasAsync("logs", "-n", "5000", "--source", "router")).Contains($"path=\"{path}\"", StringComparison.Ordinal));
}
