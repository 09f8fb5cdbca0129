using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Somebody removes the containers that wait for a dyno, which look unused; the next dynos cannot be started in them.</summary>
public sealed class LostSandboxTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    private const int Pool = 3;

    [Fact]
    public async Task A_live_dyno_that_could_not_be_started_is_tried_again_until_it_runs()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "lost-live");
        var before = Assert.Single(await app.ContainersAsync());

        await Platform.Engine.RemoveSparesAsync(Pool);
        await Platform.Engine.KillAsync(before.Id);

        await Eventually.GetAsync(
            "one fresh container", () => app.ContainersAsync(), list => list is [{ State: "running" } only] && only.Id != before.Id);
        await Eventually.GetAsync("the app answers again", () => app.AskAsync(), answer => answer.Status == 200);
        Assert.Contains("could not be started", await app.PaasAsync("logs", "-n", "5000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_that_the_platform_could_not_carry_out_does_not_keep_the_next_one_out()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "lost-release");
        await app.CommitAsync("Procfile", "release: true\nweb: python3 server\n");
        (await app.PushAsync()).Expect();

        await Platform.Engine.RemoveSparesAsync(Pool);
        var first = await app.TryPaasAsync("config:set", "A=1");

        Assert.Equal(1, first.ExitCode);
        Assert.Contains("could not carry it out", first.Errors, StringComparison.Ordinal);
        await Eventually.HoldsAsync("a later change goes live", async () => (await app.TryPaasAsync("config:set", "A=2")).Succeeded);
        Assert.Equal("2", await app.PaasAsync("config:get", "A"));
        Assert.Equal("version 1", await app.GetAsync());
        Assert.DoesNotContain(await Platform.Engine.ContainersAsync(), c => c.Kind == "release");
    }
}
