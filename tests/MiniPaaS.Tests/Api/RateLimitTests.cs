using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Tests.Securing;

namespace MiniPaaS.Tests.Api;

public sealed class RateLimitTests
{
    [Fact]
    public void A_bucket_is_emptied_by_one_token_only_and_fills_again()
    {
        var time = new ManualClock(DateTimeOffset.UnixEpoch);
        var limits = new RateLimits(3600, time);
        for (var left = 3599; left >= 0; left--)
        {
            Assert.Equal((true, left, TimeSpan.Zero), limits.Take("one"));
        }

        var (granted, remaining, wait) = limits.Take("one");
        Assert.Equal((false, 0), (granted, remaining));
        Assert.InRange(wait, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1.1));
        Assert.True(limits.Take("other").Granted);
        time.Now += TimeSpan.FromSeconds(2);
        Assert.True(limits.Take("one").Granted);
        time.Now += TimeSpan.FromDays(2);
        Assert.Equal(3599, limits.Take("one").Remaining);
    }

    [Fact]
    public async Task Answers_say_what_is_left_and_when_there_is_more()
    {
        await using var host = await ApiHost.StartAsync(requestsPerHour: 2);

        var first = await host.SendAsync(HttpMethod.Get, "/apps");
        await host.SendAsync(HttpMethod.Get, "/apps");
        var refused = await host.SendAsync(HttpMethod.Get, "/apps");

        Assert.Equal("1", first.Headers.GetValues("RateLimit-Remaining").Single());
        await ApiHost.ErrorAsync(refused, 429, "rate_limit");
        Assert.Equal("0", refused.Headers.GetValues("RateLimit-Remaining").Single());
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30));
    }
}
