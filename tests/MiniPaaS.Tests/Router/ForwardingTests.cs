using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Tests.Router;

public sealed class ForwardingTests
{
    [Fact]
    public async Task An_app_learns_who_asked_for_what_and_forged_headers_are_gone()
    {
        var headers = await HeadersSeenAsync(
            "Shop.localhost:8080",
            ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Port", "443"),
            ("X_Forwarded_For", "6.6.6.6"), ("Forwarded", "for=6.6.6.6"), ("X-Request-Start", "1"), ("Via", "1.0 fred"), ("X_Mine", "kept"));
        Assert.Equal("Shop.localhost:8080", headers["Host"]);
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("Shop.localhost:8080", headers["X-Forwarded-Host"]);
        Assert.Equal(headers["Router-Port"], headers["X-Forwarded-Port"]);
        Assert.Equal("1.0 fred, 1.1 minipaas", headers["Via"]);
        Assert.True(long.Parse(headers["X-Request-Start"]) > 1_700_000_000_000);
        Assert.Equal("kept", headers["X_Mine"]);
        Assert.DoesNotContain("Forwarded", headers.Keys);
        Assert.DoesNotContain("X_Forwarded_For", headers.Keys);
    }

    [Theory]
    [InlineData("abcdefghijklmnopqrst", true)]
    [InlineData("A1b2_C3d4-E5f6_G7h8-extra", true)]
    [InlineData("tooshort", false)]
    [InlineData("with spaces in it, which is wrong", false)]
    public async Task A_request_id_is_kept_when_it_is_one_and_told_to_both_sides(string sent, bool kept)
    {
        var headers = await HeadersSeenAsync("shop.localhost", ("X-Request-Id", sent));
        Assert.Equal(headers["Answer-Request-Id"], headers["X-Request-Id"]);
        Assert.Equal(kept, headers["X-Request-Id"] == sent);
        Assert.True(kept || Guid.TryParse(headers["X-Request-Id"], out _));
    }

    [Fact]
    public async Task An_app_that_names_its_own_request_id_does_not_double_it()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.Headers["X-Request-Id"] = context.Request.Headers["X-Request-Id"];
            return Task.CompletedTask;
        });
        await using var router = await ShopAsync(backend);
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Single(answer.Headers.GetValues("X-Request-Id"));
        Assert.Equal("1.1 minipaas", answer.Headers.Via.ToString());
        Assert.Empty(answer.Headers.Server);
    }

    [Theory]
    [InlineData("/a%2Fb/%7Euser/%41?q=%41+b&x=%2f")]
    [InlineData("/x//y/?")]
    [InlineData("/a/../b")]
    [InlineData("/caf%C3%A9?sig=a%2Bb=")]
    [InlineData("/a#b")]
    public async Task Path_and_query_arrive_byte_for_byte(string target)
    {
        await using var backend = await Backend.StartAsync(
            context => context.Response.WriteAsync(context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        await using var router = await ShopAsync(backend);
        var answer = await SayAsync(router, $"GET {target} HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
        Assert.Contains($"\r\n{target}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_bytes_above_ascii_pass_in_both_directions()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            var seen = Encoding.UTF8.GetBytes(context.Request.Headers["X-Name"].ToString());
            return context.Response.WriteAsync(Convert.ToHexString(seen));
        });
        await using var router = await ShopAsync(backend);
        var answer = await SayAsync(router, "GET / HTTP/1.1\r\nHost: shop.localhost\r\nX-Name: caf\u00c3\u00a9\r\nConnection: close\r\n\r\n");
        Assert.Contains("\r\n636166C3A9\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_cookies_and_compressed_bodies_are_the_visitors_business()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "http://elsewhere.example/";
            context.Response.Headers.Append("Set-Cookie", "a=1");
            context.Response.Headers.Append("Set-Cookie", "b=2");
            context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.Body.WriteAsync(new byte[] { 1, 2, 3 }).AsTask();
        });
        await using var router = await ShopAsync(backend);
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(["a=1", "b=2"], answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal([1, 2, 3], await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_first_chunk_arrives_before_the_second_is_sent()
    {
        var heard = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("one");
            await heard.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsync("two");
        });
        await using var router = await ShopAsync(backend);
        using var answer = await router.SendAsync("shop.localhost");
        await using var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("one", await body.HearAsync("one"));
        heard.SetResult();
        Assert.Equal("two", await body.HearAsync("two"));
    }

    [Fact]
    public async Task An_event_stream_opens_before_its_first_event()
    {
        var opened = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await opened.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsync("data: 1\n\n");
        });
        await using var router = await ShopAsync(backend);
        using var answer = await router.SendAsync("shop.localhost");
        opened.SetResult();
        Assert.Equal("data: 1\n\n", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Content-Length: 11", "first", "second")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nfirst\r\n", "6\r\nsecond\r\n0\r\n\r\n")]
    public async Task An_upload_reaches_the_app_while_it_is_being_sent(string framing, string first, string second)
    {
        var seen = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Request.Body.HearAsync("first");
            seen.SetResult();
            await context.Response.WriteAsync(await context.Request.Body.HearAsync("second"));
        });
        await using var router = await ShopAsync(backend);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync($"POST / HTTP/1.1\r\nHost: shop.localhost\r\n{framing}\r\nConnection: close\r\n\r\n{first}");
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await visitor.SayAsync(second);
        Assert.Contains("second", await visitor.HearAsync("second"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fifty_megabytes_arrive_unchanged(bool chunked)
    {
        await using var backend = await Backend.StartAsync(async context =>
            await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body))));
        await using var router = await ShopAsync(backend);
        var megabytes = RandomNumberGenerator.GetBytes(50 << 20);
        using HttpContent content = chunked ? new StreamContent(new MemoryStream(megabytes)) : new ByteArrayContent(megabytes);
        content.Headers.ContentLength = chunked ? null : megabytes.Length;
        using var answer = await router.SendAsync("shop.localhost", "/", HttpMethod.Post, content);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(megabytes)), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_body_that_the_app_refuses_before_100_continue_is_never_asked_for()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.StatusCode = 413;
            return Task.CompletedTask;
        });
        await using var router = await ShopAsync(backend);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_the_app_wants_is_asked_for_by_100_continue()
    {
        await using var backend = await Backend.StartAsync(
            async context => await context.Response.WriteAsync(await context.Request.Body.HearAsync("hello")));
        await using var router = await ShopAsync(backend);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await visitor.HearAsync("\r\n\r\n"));
        await visitor.SayAsync("hello");
        Assert.Contains("hello", await visitor.HearAsync("hello"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_tells_the_length_and_sends_no_body()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.ContentLength = 5;
            return context.Request.Method == "HEAD" ? Task.CompletedTask : context.Response.WriteAsync("hello");
        });
        await using var router = await ShopAsync(backend);
        var answer = await SayAsync(router, "HEAD / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
        Assert.Contains("Content-Length: 5\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    private static Task<TestRouter> ShopAsync(Backend backend)
        => TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));

    private static async Task<string> SayAsync(TestRouter router, string request)
    {
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(request);
        return await visitor.HearAsync("\0 never: until it closes");
    }

    // The headers that the app saw, with the router's port and the request id that the visitor was told.
    private static async Task<Dictionary<string, string>> HeadersSeenAsync(string host, params (string Name, string Value)[] sent)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await using var backend = await Backend.StartAsync(context =>
        {
            foreach (var (name, value) in context.Request.Headers)
            {
                seen[name] = value.ToString();
            }

            return Task.CompletedTask;
        });
        await using var router = await ShopAsync(backend);
        using var answer = await router.SendAsync(host, headers: sent);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        seen["Router-Port"] = router.Port.ToString();
        seen["Answer-Request-Id"] = answer.Headers.GetValues("X-Request-Id").Single();
        return seen;
    }
}
