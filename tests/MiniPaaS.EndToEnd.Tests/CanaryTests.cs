using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Releases that a part of the visitors gets first, whatever happens to the daemon and to their dynos meanwhile.</summary>
public sealed class CanaryTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    [Fact]
    public async Task A_push_becomes_a_canary_gets_its_share_and_is_promoted()
    {
        var (app, push) = await NewCanaryAsync("canary-promoted", percent: 50);
        Assert.Contains("Released v2 as a canary: v1 stays live", push.Errors, StringComparison.Ordinal);
        await using var load = await Load.StartAsync(app);
        await BothAreSeenAsync(app);
        Assert.Equal(1, (await app.InfoAsync()).Release);
        Assert.Equal((2, 1, 50), Facts(await app.CanaryAsync()));
        Assert.Equal("canary", (await app.ReleasesAsync())[0].Status);

        await RefusedAsync(app, "config:set", "A=1");
        await RefusedAsync(app, "rollback");
        await RefusedAsync(app, "ps:restart");
        await app.CommitAsync("version", "3");
        Assert.Contains("paas canary:promote", (await app.PushRejectedAsync()).Errors, StringComparison.Ordinal);

        await app.PaasAsync("canary:set", "100");
        Assert.Equal("version 2", await FreshAsync(app));
        await app.PaasAsync("canary:promote");

        Assert.Equal(2, (await app.InfoAsync()).Release);
        Assert.Equal("version 2", await FreshAsync(app));
        await app.SettleAsync();
        var answers = await load.StopAsync();
        Assert.Contains("version 2", answers.Select(a => a.Body));
        Assert.Empty(answers.Select(a => a.Body).Except(["version 1", "version 2"]));
        Assert.Equal("succeeded", (await app.ReleasesAsync())[0].Status);
        await app.PaasAsync("canary:off");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 3", await app.GetAsync());
    }

    [Fact]
    public async Task A_canary_that_is_given_up_leaves_nothing_and_the_live_release_untouched()
    {
        var (app, _) = await NewCanaryAsync("canary-aborted", percent: 50);
        var live = Assert.Single(await app.ContainersAsync(), c => c.Release == "1").Id;
        var images = await Platform.Engine.TagsAsync("canary-aborted");
        await using var load = await Load.StartAsync(app);
        await BothAreSeenAsync(app);

        await app.PaasAsync("canary:abort");

        for (var visit = 0; visit < 20; visit++)
        {
            Assert.Equal("version 1", await FreshAsync(app));
        }

        await app.SettleAsync();
        await load.StopAsync();
        Assert.Equal(live, Assert.Single(await app.ContainersAsync()).Id);
        Assert.Equal("failed", (await app.ReleasesAsync())[0].Status);
        await Eventually.HoldsAsync("its slug is collected", async () => (await Platform.Engine.TagsAsync("canary-aborted")).Count < images.Count);
        var again = await app.TryPaasAsync("canary:abort");
        Assert.Contains("No canary", again.Errors, StringComparison.Ordinal);
        await app.PaasAsync("canary:off");
        await app.PaasAsync("config:set", "A=1");
        Assert.Equal("1", await app.GetAsync("/env/A"));
    }

    [Fact]
    public async Task Kill_9_of_the_daemon_changes_nothing_and_the_next_one_goes_on()
    {
        var (app, _) = await NewCanaryAsync("canary-killed", percent: 50);
        var before = (await app.ContainersAsync()).Select(c => c.Id).Order().ToArray();
        Assert.Equal(2, before.Length);
        await using var load = await Load.StartAsync(app);

        await Platform.KillDaemonAsync();
        await BothAreSeenAsync(app);
        await Platform.StartDaemonAsync();
        await BothAreSeenAsync(app);

        Assert.Equal((2, 1, 50), Facts(await app.CanaryAsync()));
        Assert.Equal(before, (await app.ContainersAsync()).Select(c => c.Id).Order());
        await RefusedAsync(app, "config:set", "A=1");
        await Eventually.HoldsAsync("its dyno is up", async () => (await app.CanaryAsync()).Open!.Dynos.All(d => d.State == "up"));
        await app.PaasAsync("canary:promote");
        Assert.Equal("version 2", await FreshAsync(app));
        await app.SettleAsync();
        await load.StopAsync();
    }

    [Fact]
    public async Task Dynos_of_a_canary_that_crash_leave_the_split_and_the_reason_is_shown()
    {
        var (app, _) = await NewCanaryAsync("canary-crashing", percent: 100);
        Assert.Equal("version 2", await FreshAsync(app));

        await KillCanaryAsync(app);
        await Eventually.HoldsAsync("it is started again at once", async () => (await app.CanaryAsync()).Open is { Problem: null });
        await KillCanaryAsync(app);
        var canary = await Eventually.GetAsync(
            "it waits before the next start", async () => (await app.CanaryAsync()).Open!, open => open.Dynos[0].State == "crashed");

        Assert.Contains("web.1 exited with status 137", canary.Problem, StringComparison.Ordinal);
        Assert.Equal(1, (await app.InfoAsync()).Release);
        await app.PaasAsync("canary:abort");
        Assert.Equal("version 1", await FreshAsync(app));
    }

    [Fact]
    public async Task A_first_deployment_and_a_restart_are_no_canaries_and_a_config_change_is_one()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "first");
        await app.PaasAsync("canary:on", "10");
        (await app.PushAsync()).Expect();
        Assert.Null((await app.CanaryAsync()).Open);
        Assert.Equal("version 1", await app.GetAsync());
        var before = Assert.Single(await app.ContainersAsync()).Id;
        await app.PaasAsync("ps:restart");
        await Eventually.HoldsAsync("a fresh dyno serves", async () => (await app.ContainersAsync()) is [{ State: "running" } only] && only.Id != before);
        Assert.Null((await app.CanaryAsync()).Open);

        Assert.Contains("v2 is a canary now", await app.PaasAsync("config:set", "A=1"), StringComparison.Ordinal);
        Assert.Equal((2, 1, 10), Facts(await app.CanaryAsync()));
        await app.PaasAsync("canary:abort");
    }

    private async Task<(TestApp App, CommandResult Push)> NewCanaryAsync(string name, int percent)
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", name);
        await app.PaasAsync("canary:on", $"{percent}");
        await app.CommitAsync("version", "2");
        return (app, (await app.PushAsync()).Expect());
    }

    /// <summary>What a visitor without any cookie gets.</summary>
    private static async Task<string> FreshAsync(TestApp app)
    {
        using var client = app.Platform.NewClient(keepAlive: false);
        using var answer = await client.GetAsync(new Uri(app.Url));
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task BothAreSeenAsync(TestApp app)
    {
        var seen = new HashSet<string>();
        await Eventually.HoldsAsync("visitors get both releases", async () =>
        {
            seen.Add(await FreshAsync(app));
            return seen.SetEquals(["version 1", "version 2"]);
        });
    }

    private static (int Release, int Live, int Percent) Facts(Protocol.CanaryInfo canary) =>
        canary.Open is { } open ? (open.Release, open.Live, open.Percent) : default;

    private static async Task RefusedAsync(TestApp app, params string[] command)
    {
        var result = await app.TryPaasAsync(command);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("v2 of this app is a canary", result.Errors, StringComparison.Ordinal);
    }

    private static async Task KillCanaryAsync(TestApp app)
    {
        var dyno = Assert.Single(await app.ContainersAsync(), c => c is { Release: "2", State: "running" });
        await app.Platform.Engine.KillAsync(dyno.Id);
        await Eventually.HoldsAsync("the container is gone", async () => (await app.ContainersAsync()).All(c => c.Id != dyno.Id));
    }
}
