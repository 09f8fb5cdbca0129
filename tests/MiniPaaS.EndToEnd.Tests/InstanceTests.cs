using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Several instances on one machine, and apps that go.</summary>
public sealed class InstanceTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Two_instances_side_by_side_do_not_touch_each_other()
    {
        var here = await TestApp.DeployAsync(Platform, "versioned", "twin");
        await using var load = await Load.StartAsync(here, clients: 2);
        await using (var other = await Platform.StartAsync())
        {
            var there = await TestApp.CreateAsync(other, "versioned", "twin");
            await there.CommitAsync("version", "other");
            (await there.PushAsync()).Expect();
            Assert.Equal("version other", await there.GetAsync());
            Assert.Equal("version 1", await here.GetAsync());
            using var stranger = await Platform.ApiAsync(HttpMethod.Get, "/apps", other.Token);
            Assert.Equal(401, (int)stranger.StatusCode);

            await there.PaasAsync("destroy", "--confirm", "twin");

            Assert.Equal(404, (await there.AskAsync()).Status);
            other.AssertNoTrouble();
        }

        Assert.All(await load.StopAsync(), answer => Assert.Equal("version 1", answer.Body));
        await here.SettleAsync();
    }

    [Fact]
    public async Task Destroying_an_app_takes_its_dynos_routes_and_repository_away()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "destroyed");
        var id = (await app.InfoAsync()).Number;

        Assert.NotEqual(0, (await app.TryPaasAsync("destroy", "--confirm", "another")).ExitCode);
        Assert.Equal("version 1", await app.GetAsync());
        await app.PaasAsync("destroy", "--confirm", "destroyed");

        Assert.Equal(404, (await app.AskAsync()).Status);
        await Eventually.HoldsAsync(
            "its containers are gone", async () => !(await Platform.Engine.ContainersAsync()).Any(c => c.App == $"{id}"));
        Assert.Empty(await Platform.Engine.TagsAsync("destroyed"));
        foreach (var folder in (string[])["repos", "cache", "logs"])
        {
            Assert.DoesNotContain($"{id}", Directory.GetDirectories(Path.Combine(Platform.StateDir, folder)).Select(Path.GetFileNameWithoutExtension));
        }

        Assert.DoesNotContain("destroyed", await app.PaasAsync("apps"), StringComparison.Ordinal);
        await app.PaasAsync("create", "destroyed");
        (await app.PushAsync()).Expect();
        Assert.Equal(1, (await app.InfoAsync()).Release);
    }
}
