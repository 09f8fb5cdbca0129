using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Numbers of dynos, restarts, and dynos that die.</summary>
public sealed class ScalingTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Scaling_up_spreads_requests_and_scaling_down_loses_none()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "scaled");
        await using var load = await Load.StartAsync(app, clients: 6, path: "/dyno");

        await app.PaasAsync("ps:scale", "web=3");
        var seen = new HashSet<string>();
        await Eventually.HoldsAsync("three dynos answer", async () =>
        {
            seen.Add(await app.GetAsync("/dyno"));
            return seen.SetEquals(["web.1", "web.2", "web.3"]);
        });
        await app.PaasAsync("ps:scale", "web=1");
        await app.SettleAsync(1);

        var answers = await load.StopAsync();
        Assert.Equal(["web.1", "web.2", "web.3"], answers.Select(a => a.Body!).Distinct().Order());
        Assert.Equal("web.1", await app.GetAsync("/dyno"));
    }

    [Fact]
    public async Task A_deployment_keeps_the_number_of_dynos()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "scaled-deploy");
        await app.PaasAsync("ps:scale", "web=2");
        await app.SettleAsync(2);
        await app.CommitAsync("version", "2");
        await using var load = await Load.StartAsync(app);

        (await app.PushAsync()).Expect();

        await app.SettleAsync(2);
        await load.StopAsync();
    }

    [Fact]
    public async Task Without_web_dynos_visitors_get_a_503_page_until_there_is_one_again()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "scaled-to-zero");

        await app.PaasAsync("ps:scale", "web=0");
        var (_, page) = await Eventually.GetAsync("the 503 page", () => app.AskAsync(), answer => answer.Status == 503);
        Assert.Contains("no web dyno running", page, StringComparison.Ordinal);
        await app.SettleAsync(0);

        await app.PaasAsync("ps:scale", "web=1");
        await Eventually.GetAsync("the app answers again", () => app.AskAsync(), answer => answer.Status == 200);
    }

    [Fact]
    public async Task A_restart_changes_the_containers_and_loses_no_request()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "restarted");
        var before = Assert.Single(await app.ContainersAsync());
        await using var load = await Load.StartAsync(app);

        await app.PaasAsync("ps:restart");

        await Eventually.HoldsAsync("another container serves", async () => (await app.ContainersAsync()) is [var only] && only.Id != before.Id);
        await load.StopAsync();
        Assert.Equal(1, (await app.InfoAsync()).Release);
    }

    [Fact]
    public async Task A_killed_dyno_is_replaced_by_a_fresh_one()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "killed");
        var before = Assert.Single(await app.ContainersAsync());
        await Platform.Engine.ExecAsync(before.Id, "touch", "/app/scratch");

        await Platform.Engine.KillAsync(before.Id);

        var after = await Eventually.GetAsync(
            "one fresh container", () => app.ContainersAsync(), list => list is [{ State: "running" } only] && only.Id != before.Id);
        await Eventually.GetAsync("the app answers again", () => app.AskAsync(), answer => answer.Status == 200);
        Assert.DoesNotContain("scratch", await Platform.Engine.ExecAsync(after[0].Id, "ls", "/app"), StringComparison.Ordinal);
        Assert.Contains("exited with status 137", await app.PaasAsync("logs", "-n", "5000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_type_that_is_not_there_cannot_be_scaled()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "scaled-unknown");

        var scale = await app.TryPaasAsync("ps:scale", "worker=1");

        Assert.Equal(1, scale.ExitCode);
        Assert.Contains("has no process type \"worker\"; it has: web", scale.Errors, StringComparison.Ordinal);
    }
}
