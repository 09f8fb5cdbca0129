using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Requests that take longer than a deployment.</summary>
public sealed class InFlightTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task A_request_under_way_is_finished_by_the_release_it_reached()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "slow-requests");
        await app.CommitAsync("version", "2");
        using var push = app.StartPush();
        var slow = new List<Task<string>>();
        while (!push.HasExited)
        {
            slow.Add(app.GetAsync("/slow"));
            await Task.Delay(100);
        }

        (await TestApp.EndOf(push)).Expect();
        var bodies = await Task.WhenAll(slow);

        Assert.Contains("version 1", bodies);
        Assert.All(bodies, body => Assert.Contains(body, (string[])["version 1", "version 2"]));
        Assert.Equal("version 2", await app.GetAsync());
    }
}
