using System.Text.RegularExpressions;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>What apps print, from their first instant to after their end.</summary>
public sealed class LogTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task What_is_printed_before_the_port_is_bound_is_not_lost()
    {
        var app = await TestApp.DeployAsync(Platform, "chatty", "chatty");

        var log = await app.PaasAsync("logs", "-n", "5000");

        Assert.Equal(Enumerable.Range(1, 1000), Numbers(log, @"app\[web\.1\]: first stdout (\d+)"));
        Assert.Contains("app[web.1]: first stderr", log, StringComparison.Ordinal);
        Assert.Contains("Release v1 is live", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_process_that_ends_at_once_is_lost_and_it_outlives_the_container()
    {
        var app = await TestApp.DeployAsync(Platform, "chatty", "chatty-brief");
        await app.PaasAsync("ps:scale", "brief=1");
        await Eventually.HoldsAsync(
            "brief.1 has ended", async () => (await app.PaasAsync("logs", "-n", "9000")).Contains("brief.1]: Process exited", StringComparison.Ordinal));
        await app.PaasAsync("ps:scale", "brief=0");
        await app.SettleAsync();

        var log = await app.PaasAsync("logs", "-n", "50000");
        var firstLife = log[..log.IndexOf("brief.1]: Process exited", StringComparison.Ordinal)];

        Assert.Equal(Enumerable.Range(1, 1000), Numbers(firstLife, @"app\[brief\.1\]: brief stdout (\d+)"));
        Assert.Equal(Enumerable.Range(1, 1000), Numbers(firstLife, @"app\[brief\.1\]: brief stderr (\d+)"));
    }

    [Fact]
    public async Task Tail_shows_both_streams_as_they_are_written()
    {
        var app = await TestApp.DeployAsync(Platform, "chatty", "chatty-tail");
        using var tail = app.StartPaas("logs", "--tail");
        await tail.SaysAsync("Release v1 is live");

        await app.GetAsync("/hello");

        await tail.SaysAsync("stdout saw /hello");
        await tail.SaysAsync("stderr saw /hello");
        Assert.False(tail.HasExited);
    }

    private static IEnumerable<int> Numbers(string log, string pattern) =>
        Regex.Matches(log, pattern, RegexOptions.CultureInvariant).Select(m => int.Parse(m.Groups[1].Value));
}
