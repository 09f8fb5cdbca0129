using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

public sealed class ErrorPageTests
{
    [Fact]
    public async Task An_unknown_host_is_named_with_what_to_do()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        using var answer = await router.SendAsync("nowhere.localhost");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(Guid.TryParse(answer.Headers.GetValues("X-Request-Id").Single(), out _));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("No app answers to nowhere.localhost", text, StringComparison.Ordinal);
        Assert.Contains("paas create", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Browsers_get_html_in_which_the_host_is_harmless()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.0\r\nHost: a&b'\r\nAccept: text/html\r\n\r\n");
        var answer = await visitor.HearAsync("</html>\n");
        Assert.Contains("Content-Type: text/html", answer, StringComparison.Ordinal);
        Assert.Contains("a&amp;b&#x27;", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("a&b'", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_json_when_they_ask_for_it()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        using var answer = await router.SendAsync("nowhere.localhost", headers: ("Accept", "application/json"));
        var error = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), ProtocolJson.Default.ApiError)!;
        Assert.Equal("unknown_host", error.Id);
        Assert.Contains("nowhere.localhost", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_without_web_dynos_answers_503_and_when_to_come_back()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        await ExpectAsync(router, HttpStatusCode.ServiceUnavailable, "no web dyno", retry: true);
    }

    [Fact]
    public async Task Maintenance_hides_running_dynos()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Mode = RouteMode.Maintenance });
        await ExpectAsync(router, HttpStatusCode.ServiceUnavailable, "maintenance", retry: true);
    }

    [Fact]
    public async Task A_dyno_that_takes_no_connection_makes_503()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", Make.DeadAddress())));
        await ExpectAsync(router, HttpStatusCode.ServiceUnavailable, "takes no connection", retry: true);
    }

    [Fact]
    public async Task A_dyno_that_hangs_up_makes_503()
    {
        using var rude = new TcpListener(IPAddress.Loopback, 0);
        rude.Start();
        using var stop = new CancellationTokenSource();
        var hangingUp = HangUpAsync(rude, stop.Token);
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", rude.LocalEndpoint.ToString()!)));
        await ExpectAsync(router, HttpStatusCode.ServiceUnavailable, "broke off", retry: false);
        await stop.CancelAsync();
        await hangingUp;
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_passed_off_as_whole()
    {
        var heard = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await heard.Task.WaitAsync(TimeSpan.FromSeconds(20));
            context.Abort();
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var answer = await router.SendAsync("shop.localhost");
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.HearAsync("half");
        heard.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task A_refused_dyno_costs_no_request_while_another_lives()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.Method} {await reader.ReadToEndAsync()}");
        });
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("dead", Make.DeadAddress()), Make.Target("alive", backend.Address)));
        for (var i = 0; i < 20; i++)
        {
            using var posted = await router.SendAsync("shop.localhost", "/", HttpMethod.Post, new StringContent("body"));
            Assert.Equal("POST body", await posted.Content.ReadAsStringAsync());
            Assert.Equal("GET ", await router.TextAsync("shop.localhost"));
        }
    }

    private static async Task ExpectAsync(TestRouter router, HttpStatusCode status, string words, bool retry)
    {
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(retry, answer.Headers.RetryAfter is not null);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    private static async Task HangUpAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptSocketAsync(stop);
                await connection.ReceiveAsync(new byte[1], stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
