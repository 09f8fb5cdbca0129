using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>Dynos that do not answer, and requests that may be sent twice.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_dyno_that_refuses_is_set_aside_reported_and_taken_back_once_it_accepts()
    {
        var address = IPEndPoint.Parse(Make.DeadAddress());
        await using var alive = await Backend.SaysAsync("alive");
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("late", address.ToString()), Make.Target("alive", alive.Address)));
        await Eventually.TrueAsync(async () => await router.TextAsync("shop.localhost") == "alive" && (await UnhealthyAsync(router)).Length == 1);
        var aside = (await UnhealthyAsync(router))[0];
        Assert.Equal(("shop", "late", "web.1", "Connection refused"), (aside.App, aside.Target, aside.Dyno, aside.Reason));
        Assert.Contains("minipaas_router_unhealthy_dynos 1\n", await router.MetricsAsync(), StringComparison.Ordinal);

        using var late = new TcpListener(address);
        late.Start();

        await Eventually.TrueAsync(async () => (await UnhealthyAsync(router)).IsEmpty);
    }

    [Fact]
    public async Task Every_living_dyno_is_tried_before_a_request_is_given_up()
    {
        await using var alive = await Backend.SaysAsync("alive");
        RouteTarget[] dead = [.. Enumerable.Range(0, 5).Select(number => Make.Target($"dead{number}", Make.DeadAddress()))];
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, [.. dead, Make.Target("alive", alive.Address)]));
        Assert.Equal("alive", await router.TextAsync("shop.localhost"));
    }

    [Fact]
    public async Task A_dyno_that_keeps_silent_is_set_aside_after_the_third_time()
    {
        await using var silent = await Backend.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { FirstByteTimeout = TimeSpan.FromMilliseconds(100) }, Make.Route("shop", 1, Make.Target("c1", silent.Address)));
        for (var time = 1; time <= 3; time++)
        {
            Assert.Empty(await UnhealthyAsync(router));
            using var answer = await router.SendAsync("shop.localhost");
            Assert.Equal(503, (int)answer.StatusCode);
        }

        await Eventually.TrueAsync(async () => (await UnhealthyAsync(router)).Length == 1);
        Assert.StartsWith("no answer within", (await UnhealthyAsync(router))[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("DELETE", false)]
    [InlineData("POST", false)]
    [InlineData("PUT", false)]
    public async Task Only_a_safe_request_is_sent_again_when_a_dyno_hangs_up_on_it(string method, bool again)
    {
        var seen = 0;
        using var stop = new CancellationTokenSource();
        using var rude = new TcpListener(IPAddress.Loopback, 0);
        rude.Start();
        var hangingUp = HangUpAsync(rude, () => Interlocked.Increment(ref seen), stop.Token);
        await using var good = await Backend.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            return Task.CompletedTask;
        });
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("rude", rude.LocalEndpoint.ToString()!), Make.Target("good", good.Address)));
        var failures = 0;
        for (var number = 0; number < 30; number++)
        {
            Interlocked.Exchange(ref seen, 0);
            using var answer = await router.SendAsync("shop.localhost", "/", new HttpMethod(method));
            failures += answer.IsSuccessStatusCode ? 0 : 1;
            Assert.True(again || seen == 1, $"{method} was sent {seen} times");
        }

        Assert.Equal(again, failures == 0);
        await stop.CancelAsync();
        await hangingUp;
    }

    private static async Task<System.Collections.Immutable.ImmutableArray<UnhealthyTarget>> UnhealthyAsync(TestRouter router)
        => (await router.GetAsync<RouterStatus>("/status")).Unhealthy;

    private static async Task HangUpAsync(TcpListener listener, Action asked, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptSocketAsync(stop);
                if (await connection.ReceiveAsync(new byte[1000], stop) > 0)
                {
                    asked();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
