using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>Which dyno gets a request: affinity, canaries, holds, limits, redirects.</summary>
public sealed class SteeringTests
{
    [Fact]
    public async Task With_affinity_a_visitor_stays_with_the_dyno_that_answered_first()
    {
        await using var one = await Backend.SaysAsync("one");
        await using var two = await Backend.SaysAsync("two");
        await using var router = await TestRouter.StartAsync(
            null,
            Make.Route("shop", 1, Make.Target("c1", one.Address), Make.Target("c2", two.Address)) with { Policy = new RoutePolicy { SessionAffinity = true } });
        using var first = await router.SendAsync("shop.localhost");
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^paas-affinity=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax$", cookie);
        var said = await first.Content.ReadAsStringAsync();
        for (var visit = 0; visit < 20; visit++)
        {
            using var again = await router.SendAsync("shop.localhost", headers: ("Cookie", cookie.Split(';')[0]));
            Assert.Equal(said, await again.Content.ReadAsStringAsync());
            Assert.False(again.Headers.Contains("Set-Cookie"));
        }

        // His dyno leaves: he is given another, and a cookie for it.
        await router.PutAppAsync(
            Make.Route("shop", 2, said == "one" ? Make.Target("c2", two.Address) : Make.Target("c1", one.Address)) with { Policy = new RoutePolicy { SessionAffinity = true } });
        using var moved = await router.SendAsync("shop.localhost", headers: ("Cookie", cookie.Split(';')[0]));
        Assert.NotEqual(said, await moved.Content.ReadAsStringAsync());
        Assert.True(moved.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(30, 60, 140)]
    [InlineData(100, 300, 300)]
    public async Task A_canary_gets_about_its_share_of_new_visitors(int percent, int least, int most)
    {
        await using var stable = await Backend.SaysAsync("stable");
        await using var canary = await Backend.SaysAsync("canary");
        await using var router = await TestRouter.StartAsync(null, Split(stable, canary, version: 1, percent));
        var count = 0;
        for (var visitor = 0; visitor < 300; visitor++)
        {
            count += await router.TextAsync("shop.localhost") == "canary" ? 1 : 0;
        }

        Assert.InRange(count, least, most);
    }

    [Fact]
    public async Task A_visitor_stays_on_his_side_and_a_growing_canary_only_adds_visitors()
    {
        await using var stable = await Backend.SaysAsync("stable");
        await using var canary = await Backend.SaysAsync("canary");
        await using var router = await TestRouter.StartAsync(null, Split(stable, canary, version: 1, percent: 50));
        var visitors = new List<(string Cookie, string Side)>();
        for (var number = 0; number < 40; number++)
        {
            using var answer = await router.SendAsync("shop.localhost");
            visitors.Add((answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0], await answer.Content.ReadAsStringAsync()));
        }

        Assert.Equal(visitors.Select(visitor => visitor.Side), await SidesAsync(visitors));
        await router.PutAppAsync(Split(stable, canary, version: 2, percent: 75));
        var grown = await SidesAsync(visitors);
        Assert.All(visitors.Zip(grown), pair => Assert.True(pair.First.Side == "stable" || pair.Second == "canary"));
        await router.PutAppAsync(Split(stable, canary, version: 3, percent: 0));
        Assert.All(await SidesAsync(visitors), side => Assert.Equal("stable", side));

        async Task<List<string>> SidesAsync(IEnumerable<(string Cookie, string Side)> all)
        {
            var sides = new List<string>();
            foreach (var (cookie, _) in all)
            {
                using var answer = await router.SendAsync("shop.localhost", headers: ("Cookie", cookie));
                Assert.False(answer.Headers.Contains("Set-Cookie"));
                sides.Add(await answer.Content.ReadAsStringAsync());
            }

            return sides;
        }
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task Cookies_are_for_https_alone_where_the_visitor_came_that_way(string scheme, bool secure)
    {
        await using var stable = await Backend.SaysAsync("stable");
        await using var canary = await Backend.SaysAsync("canary");
        var split = Split(stable, canary, version: 1, percent: 50) with { Policy = new RoutePolicy { SessionAffinity = true } };
        var settings = TestRouter.NewSettings() with { TrustedProxies = [System.Net.IPNetwork.Parse("127.0.0.0/8")] };
        await using var router = await TestRouter.StartAsync(settings, split);
        using var answer = await router.SendAsync("shop.localhost", headers: ("X-Forwarded-Proto", scheme));
        var cookies = answer.Headers.GetValues("Set-Cookie").ToArray();
        Assert.Equal(2, cookies.Length);
        Assert.All(cookies, cookie => Assert.Equal(secure, cookie.EndsWith("; Secure", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_canary_that_takes_no_connection_costs_no_request()
    {
        await using var stable = await Backend.SaysAsync("stable");
        await using var router = await TestRouter.StartAsync(
            null,
            Make.Route("shop", 1, Make.Target("c1", stable.Address)) with { Split = new RouteSplit(2, 100, [Make.Target("c2", Make.DeadAddress())]) });
        Assert.Equal("stable", await router.TextAsync("shop.localhost"));
    }

    [Fact]
    public async Task A_promoted_canary_keeps_its_requests_and_the_old_release_drains()
    {
        var (arrived, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var stable = await Backend.SaysAsync("stable");
        await using var canary = await Backend.StartAsync(async context =>
        {
            arrived.TrySetResult();
            await finish.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsync("canary");
        });
        await using var router = await TestRouter.StartAsync(null, Split(stable, canary, version: 1, percent: 100));
        var asked = router.TextAsync("shop.localhost");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

        await router.PutAppAsync(Make.Route("shop", 2, Make.Target("c2", canary.Address)));

        Assert.Equal(new DrainStatus(true, 0), await router.DrainedAsync("c1"));
        Assert.Equal(new DrainStatus(false, 1), await router.DrainedAsync("c2", wait: 0));
        finish.SetResult();
        Assert.Equal("canary", await asked);
    }

    [Fact]
    public async Task Held_requests_go_on_when_the_hold_ends()
    {
        await using var backend = await Backend.SaysAsync("served");
        var route = Make.Route("shop", 1, Make.Target("c1", backend.Address));
        await using var router = await TestRouter.StartAsync(null, route with { Mode = RouteMode.Hold });
        var held = Enumerable.Range(0, 5).Select(_ => router.TextAsync("shop.localhost")).ToArray();
        await Eventually.TrueAsync(async () => (await router.MetricsAsync()).Contains("minipaas_router_requests_in_flight 5", StringComparison.Ordinal));
        Assert.DoesNotContain(held, request => request.IsCompleted);

        await router.PutAppAsync(route with { Version = 2 });

        Assert.All(await Task.WhenAll(held), said => Assert.Equal("served", said));
    }

    [Fact]
    public async Task A_hold_that_lasts_too_long_is_told_to_those_who_wait()
    {
        await using var backend = await Backend.SaysAsync("served");
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Mode = RouteMode.Hold, Policy = new RoutePolicy { HoldSeconds = 0 } });
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("code=P10", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_above_the_concurrency_wait_their_turn_and_above_the_queue_are_refused()
    {
        var (busy, most) = (0, 0);
        using var gate = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync(async context =>
        {
            most = Math.Max(most, Interlocked.Increment(ref busy));
            await gate.WaitAsync(TimeSpan.FromSeconds(20));
            Interlocked.Decrement(ref busy);
            await context.Response.WriteAsync("served");
        });
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Policy = new RoutePolicy { MaxConcurrent = 2, MaxQueued = 3 } });
        var requests = Enumerable.Range(0, 5).Select(_ => router.TextAsync("shop.localhost")).ToArray();
        await Eventually.TrueAsync(async () => (await router.MetricsAsync()).Contains("minipaas_router_queued{app=\"shop\"} 3", StringComparison.Ordinal));

        using var refused = await router.SendAsync("shop.localhost");
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        gate.Release(5);
        Assert.All(await Task.WhenAll(requests), said => Assert.Equal("served", said));
        Assert.Equal(2, most);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Requests_above_the_rate_are_told_to_slow_down(bool perClient)
    {
        await using var backend = await Backend.SaysAsync("served");
        var policy = perClient ? new RoutePolicy { ClientRequestsPerSecond = 5 } : new RoutePolicy { RequestsPerSecond = 5 };
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Policy = policy });
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => router.SendAsync("shop.localhost")));
        Assert.InRange(answers.Count(answer => (int)answer.StatusCode == 200), 5, 55);
        var refused = answers.First(answer => (int)answer.StatusCode != 200);
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("GET", 301)]
    [InlineData("HEAD", 301)]
    [InlineData("POST", 308)]
    public async Task An_https_only_app_sends_visitors_there(string method, int status)
    {
        await using var backend = await Backend.SaysAsync("served");
        var (router, port) = await WithHttpsPortAsync(
            Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Policy = new RoutePolicy { HttpsOnly = true } });
        await using var _ = router;
        using var answer = await router.SendAsync("shop.localhost", "/a%2Fb?q=1", new HttpMethod(method));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal($"https://shop.localhost:{port}/a%2Fb?q=1", answer.Headers.GetValues("Location").Single());
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_its_word_counts()
    {
        await using var backend = await Backend.StartAsync(context => context.Response.WriteAsync(string.Join(
            '|', new[] { "For", "Proto", "Port", "Host" }.Select(name => context.Request.Headers[$"X-Forwarded-{name}"].ToString()))));
        var settings = TestRouter.NewSettings() with { TrustedProxies = [System.Net.IPNetwork.Parse("127.0.0.0/8"), System.Net.IPNetwork.Parse("10.1.0.0/16")] };
        await using var router = await TestRouter.StartAsync(
            settings, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Policy = new RoutePolicy { HttpsOnly = true, HstsSeconds = 60 } });
        using var answer = await router.SendAsync(
            "shop.localhost", "/", null, null,
            ("X-Forwarded-For", "6.6.6.6, 198.51.100.7, 10.1.2.3"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443"), ("X-Forwarded-Host", "www.example.org"));
        Assert.Equal("198.51.100.7, 10.1.2.3, 127.0.0.1|https|443|www.example.org", await answer.Content.ReadAsStringAsync());
        Assert.Equal("max-age=60", answer.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.Contains(" fwd=\"198.51.100.7, 10.1.2.3, 127.0.0.1\" ", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    // A redirect names the port of the settings, so it has to be one that is chosen before: below the kernel's own, until one is free.
    private static async Task<(TestRouter Router, int Port)> WithHttpsPortAsync(AppRoute route)
    {
        for (var tries = 0; ; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                return (await TestRouter.StartAsync(TestRouter.NewSettings() with { HttpsPort = port }, route), port);
            }
            catch (IOException) when (tries < 20)
            {
                // taken: another
            }
        }
    }

    private static AppRoute Split(Backend stable, Backend canary, int version, int percent)
        => Make.Route("shop", version, Make.Target("c1", stable.Address)) with { Split = new RouteSplit(7, percent, [Make.Target("c2", canary.Address)]) };
}
