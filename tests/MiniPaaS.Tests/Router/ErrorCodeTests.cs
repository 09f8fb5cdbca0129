using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>Heroku's codes: what the visitor is told, and what the log says.</summary>
public sealed class ErrorCodeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(RouteMode.Serve, WebState.None, "H14", "no web dyno running")]
    [InlineData(RouteMode.Serve, WebState.Crashed, "H10", "has crashed")]
    [InlineData(RouteMode.Maintenance, WebState.None, "H80", "maintenance")]
    public async Task Without_a_dyno_the_route_tells_why(RouteMode mode, WebState web, string code, string words)
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1) with { Mode = mode, Web = web });
        await ExpectAsync(router, 503, code, words);
    }

    [Fact]
    public async Task A_request_waits_for_a_dyno_that_boots()
    {
        await using var backend = await Backend.SaysAsync("up");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1) with { Web = WebState.Starting });
        var waiting = router.TextAsync("shop.localhost");
        await Eventually.TrueAsync(async () => (await router.MetricsAsync()).Contains("minipaas_router_requests_in_flight 1", StringComparison.Ordinal));

        await router.PutAppAsync(Make.Route("shop", 2, Make.Target("c1", backend.Address)));

        Assert.Equal("up", await waiting);
    }

    [Fact]
    public async Task A_boot_that_takes_too_long_is_H20()
    {
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { BootPatience = TimeSpan.FromMilliseconds(50) }, Make.Route("shop", 1) with { Web = WebState.Starting });
        await ExpectAsync(router, 503, "H20", "is starting");
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_H11()
    {
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1) with { Web = WebState.Starting, Policy = new RoutePolicy { MaxQueued = 0 } });
        await ExpectAsync(router, 503, "H11", "more requests than it can take");
    }

    [Fact]
    public async Task An_app_that_does_not_begin_to_answer_is_H12()
    {
        await using var backend = await Backend.StartAsync(context => Task.Delay(Deadline, context.RequestAborted));
        await using var router = await ImpatientAsync(backend);
        await ExpectAsync(router, 503, "H12", "did not answer in time");
    }

    [Fact]
    public async Task The_time_for_an_answer_begins_when_the_app_has_the_whole_request()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("whole");
        });
        await using var router = await ImpatientAsync(backend);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
        foreach (var piece in "body")
        {
            await Task.Delay(700);
            await visitor.SayAsync($"{piece}");
        }

        Assert.EndsWith("whole", await visitor.HearAsync("whole"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_has_begun_may_take_longer()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("slow");
            await Task.Delay(2500);
            await context.Response.WriteAsync("ly");
        });
        await using var router = await ImpatientAsync(backend);
        Assert.Equal("slowly", await router.TextAsync("shop.localhost"));
    }

    [Fact]
    public async Task An_answer_that_stalls_is_H15_and_broken_off()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun");
            await Task.Delay(Deadline, context.RequestAborted);
        });
        await using var router = await ImpatientAsync(backend);
        using var answer = await router.SendAsync("shop.localhost");
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync());
        Assert.Contains("at=error code=H15 desc=\"Idle connection\"", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "H13")]
    [InlineData("nonsense\r\n\r\n", "H17")]
    public async Task A_dyno_that_answers_nothing_or_nonsense_is_told_apart(string says, string code)
    {
        using var rude = new TcpListener(IPAddress.Loopback, 0);
        rude.Start();
        using var stop = new CancellationTokenSource();
        var answering = RudeAsync(rude, says, stop.Token);
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", rude.LocalEndpoint.ToString()!)));
        await ExpectAsync(router, 503, code, "broke off");
        await stop.CancelAsync();
        await answering;
    }

    [Fact]
    public async Task An_answer_broken_off_is_H18()
    {
        var heard = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await heard.Task.WaitAsync(Deadline);
            context.Abort();
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var answer = await router.SendAsync("shop.localhost");
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.HearAsync("half");
        heard.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
        Assert.Contains("code=H18", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_visitor_who_leaves_is_H27_and_ends_the_request_at_the_dyno()
    {
        var (arrived, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.StartAsync(async context =>
        {
            context.RequestAborted.Register(ended.SetResult);
            arrived.SetResult();
            await ended.Task.WaitAsync(Deadline);
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        await using (var visitor = await RawClient.ConnectAsync(router.Port))
        {
            await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
            await arrived.Task.WaitAsync(Deadline);
        }

        await ended.Task.WaitAsync(Deadline);
        Assert.Contains("at=error code=H27 desc=\"Client Request Interrupted\"", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_thought_of_is_H99_and_answered_all_the_same()
    {
        // No timer takes that long.
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { BootPatience = TimeSpan.FromDays(1000) }, Make.Route("shop", 1) with { Web = WebState.Starting });
        await ExpectAsync(router, 500, "H99", "went wrong in the router");
    }

    [Fact]
    public async Task A_browser_is_shown_the_apps_own_pages_and_a_program_is_not()
    {
        var policy = new RoutePolicy { ErrorPageUrl = "https://pages.example/error?a=1&b=2", MaintenancePageUrl = "https://pages.example/later" };
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1) with { Policy = policy });
        Assert.Contains("<iframe src=\"https://pages.example/error?a=1&amp;b=2\">", await PageAsync("text/html"), StringComparison.Ordinal);
        Assert.Contains("no web dyno", await PageAsync("text/plain"), StringComparison.Ordinal);
        await router.PutAppAsync(Make.Route("shop", 2) with { Policy = policy, Mode = RouteMode.Maintenance });
        Assert.Contains("<iframe src=\"https://pages.example/later\">", await PageAsync("text/html"), StringComparison.Ordinal);

        async Task<string> PageAsync(string accept)
        {
            using var answer = await router.SendAsync("shop.localhost", headers: ("Accept", accept));
            Assert.Equal(503, (int)answer.StatusCode);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    private static Task<TestRouter> ImpatientAsync(Backend backend) => TestRouter.StartAsync(
        TestRouter.NewSettings() with { FirstByteTimeout = TimeSpan.FromSeconds(2), IdleTimeout = TimeSpan.FromSeconds(5) },
        Make.Route("shop", 1, Make.Target("c1", backend.Address)));

    private static async Task ExpectAsync(TestRouter router, int status, string code, string words)
    {
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var line = await router.LogLineAsync();
        Assert.Contains($" shop at=error code={code} desc=\"", line, StringComparison.Ordinal);
        Assert.Contains($" status={status} ", line, StringComparison.Ordinal);
        Assert.Contains($"minipaas_router_errors_total{{code=\"{code}\"}} 1\n", await router.MetricsAsync(), StringComparison.Ordinal);
    }

    private static async Task RudeAsync(TcpListener listener, string says, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptSocketAsync(stop);
                await connection.ReceiveAsync(new byte[1000], stop);
                await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(says), stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
