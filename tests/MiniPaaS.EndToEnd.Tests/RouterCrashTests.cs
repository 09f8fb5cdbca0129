using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>kill -9 of the router: it needs nobody to serve again.</summary>
public sealed class RouterCrashTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    [Fact]
    public async Task A_restarted_router_serves_from_its_snapshot_while_the_daemon_is_dead()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "snapshot");

        await Platform.KillDaemonAsync();
        await Platform.KillRouterAsync();
        await Platform.StartRouterAsync();

        Assert.Equal("version 1", await app.GetAsync());
        using (var answer = await Platform.ApiAsync(HttpMethod.Get, "/apps", Platform.Token))
        {
            Assert.Equal(503, (int)answer.StatusCode);
        }

        await Platform.StartDaemonAsync();
        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 2", await app.GetAsync());
    }

    [Fact]
    public async Task A_deployment_while_no_router_runs_gets_its_traffic_once_one_does()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "router-away");
        await app.CommitAsync("Procfile", "web: sleep 2; python3 server\n");
        await app.CommitAsync("version", "2");
        using var push = app.StartPush();
        await push.SaysAsync("Launching...");

        await Platform.KillRouterAsync();
        await Task.WhenAny(TestApp.EndOf(push), Task.Delay(TimeSpan.FromSeconds(30)));
        await Platform.StartRouterAsync();

        var (_, body) = await Eventually.GetAsync("version 2 answers", () => app.AskAsync(), answer => answer.Body == "version 2");
        Assert.Equal("version 2", body);
        await app.SettleAsync();
    }
}
