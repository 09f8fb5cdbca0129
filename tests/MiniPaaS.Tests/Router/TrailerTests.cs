using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Tests.Router.Differential;

namespace MiniPaaS.Tests.Router;

/// <summary>Trailers of answers (RFC 9110, 6.5), which visitors of HTTP/1.1 get when they say that they read them.</summary>
public sealed class TrailerTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    private const string Body = "5\r\nhello\r\n1\r\n!\r\n";

    [Theory]
    [InlineData("1.1", "TE: trailers\r\nConnection: TE\r\n", true)]
    [InlineData("1.1", "TE: deflate;q=0.5 , Trailers\r\n", true)]
    [InlineData("1.1", "", false)]
    [InlineData("1.1", "TE: deflate\r\n", false)]
    [InlineData("1.0", "TE: trailers\r\nConnection: keep-alive\r\n", false)]
    public async Task Who_says_that_he_reads_trailers_gets_them(string version, string says, bool told)
    {
        await using var dyno = new RawDyno($"{Answer}{Body}0\r\nX-Sum: 7\r\nX-More: a, b\r\n\r\n");
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync($"GET / HTTP/{version}\r\nHost: shop.localhost\r\n{says}\r\n");
        if (version == "1.0")
        {
            Assert.EndsWith("\r\n\r\nhello!", await visitor.HearAsync("hello!"), StringComparison.Ordinal);
            return;
        }

        Assert.Contains("Trailer: X-Sum\r\n", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(("hello!", told ? "X-Sum: 7\r\nX-More: a, b\r\n" : ""), await ChunksAsync(visitor));
        Assert.Equal(told, dyno.Seen.Single().Contains("TE: trailers\r\n", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_connection_serves_on_after_trailers_and_pipelined_requests_keep_their_order()
    {
        await using var dyno = new RawDyno($"{Answer}{Body}0\r\nX-Sum: 7\r\n\r\n");
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        var request = "GET / HTTP/1.1\r\nHost: shop.localhost\r\nTE: trailers\r\n\r\n";
        await visitor.SayAsync(request + request.Replace("TE: trailers\r\n", "", StringComparison.Ordinal) + request);
        foreach (var trailers in new[] { "X-Sum: 7\r\n", "", "X-Sum: 7\r\n" })
        {
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
            Assert.Equal(("hello!", trailers), await ChunksAsync(visitor));
        }

        await visitor.SayAsync(request);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
        Assert.Contains(" status=200 bytes=6 ", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 3\r\nX-Sum: 7\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nX-Sum: 7\r\n")]
    [InlineData("Set-Cookie: a=1\r\nX-Sum: 7\r\n")]
    [InlineData("X-Sum: 7\r\nConnection: close\r\nTrailer: X-A\r\nHost: b\r\nLocation: /\r\nVary: *\r\n")]
    public async Task What_may_not_be_a_trailer_is_left_out(string trailers)
    {
        await using var dyno = new RawDyno($"{Answer}{Body}0\r\n{trailers}\r\n");
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\nTE: trailers\r\n\r\n");
        await visitor.HearAsync("\r\n\r\n");
        Assert.Equal(("hello!", "X-Sum: 7\r\n"), await ChunksAsync(visitor));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    public async Task An_answer_without_a_body_stays_without(string method, string answer)
    {
        await using var dyno = new RawDyno(answer);
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        for (var round = 0; round < 2; round++)
        {
            await visitor.SayAsync($"{method} / HTTP/1.1\r\nHost: shop.localhost\r\nTE: trailers\r\n\r\n");
            Assert.StartsWith(answer[..12], await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("5\r\nhello\r\n")]
    [InlineData("5\r\nhello\r\n0\r\nX-Sum: 7\r\n")]
    [InlineData("5\r\nhel")]
    public async Task A_body_that_breaks_off_is_told_from_a_whole_one(string body)
    {
        await using var dyno = new RawDyno($"{Answer.Replace("Trailer: X-Sum", "Connection: close", StringComparison.Ordinal)}{body}");
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\nTE: trailers\r\n\r\n");
        var heard = "";
        try
        {
            heard = await visitor.HearAsync("\r\n0\r\n");
        }
        catch (IOException)
        {
            // A reset tells, too.
        }

        Assert.DoesNotContain("\r\n0\r\n", heard, StringComparison.Ordinal);
        Assert.Contains("code=H18", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_large_answer_and_its_trailers_arrive_over_either_version(string version)
    {
        var megabytes = RandomNumberGenerator.GetBytes(3 << 20);
        await using var dyno = new RawDyno(
            $"{Answer}{megabytes.Length:x}\r\n{Encoding.Latin1.GetString(megabytes)}\r\n0\r\nX-Sum: caf\u00e9\r\n\r\n");
        await using var router = await ShopAsync(dyno.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{router.Port}/")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = "shop.localhost";
        request.Headers.TE.ParseAdd("trailers");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1 });
        using var answer = await client.SendAsync(request);
        var heard = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(megabytes.AsSpan().SequenceEqual(heard));
        Assert.Equal("caf\u00e9", answer.TrailingHeaders.GetValues("X-Sum").Single());
    }

    private static Task<TestRouter> ShopAsync(string address) => TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", address)));

    // The body, and the lines of its trailers; whatever the chunks are.
    private static async Task<(string Body, string Trailers)> ChunksAsync(NetworkStream visitor)
    {
        var body = "";
        while (true)
        {
            var size = int.Parse((await visitor.HearAsync("\r\n"))[..^2], System.Globalization.NumberStyles.HexNumber);
            if (size == 0)
            {
                break;
            }

            var chunk = new byte[size + 2];
            await visitor.ReadExactlyAsync(chunk);
            Assert.Equal("\r\n"u8.ToArray(), chunk[^2..]);
            body += Encoding.Latin1.GetString(chunk[..^2]);
        }

        var trailers = "";
        while (await visitor.HearAsync("\r\n") is { Length: > 2 } line)
        {
            trailers += line;
        }

        return (body, trailers);
    }
}
