using System.Text;
using Microsoft.AspNetCore.Http;

namespace MiniPaaS.Tests.Router;

/// <summary>Requests that two servers in a row could read differently, byte for byte, and requests that only look like them.</summary>
public sealed class SmugglingTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: shop.localhost\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: shop.localhost\r\n";
    private const string Chunked = Post + "Transfer-Encoding: chunked\r\n\r\n";

    /// <summary>Name, request, status. After every status but 200 the connection is closed and nothing after the request was read.</summary>
    public static TheoryData<string, string, int> Vectors => new()
    {
        // RFC 9112, 6.3: two ways to tell the length
        { "Content-Length, then Transfer-Encoding", Post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "Transfer-Encoding, then Content-Length", Post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400 },
        { "two lengths", Post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400 },
        { "the same length twice", Post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400 },
        { "a list of lengths", Post + "Content-Length: 4, 4\r\n\r\nabcd", 400 },
        { "a negative length", Post + "Content-Length: -4\r\n\r\nabcd", 400 },
        { "a hexadecimal length", Post + "Content-Length: 0x4\r\n\r\nabcd", 400 },
        { "an empty length", Post + "Content-Length: \r\n\r\nabcd", 400 },
        { "a length beyond all numbers", Post + "Content-Length: 99999999999999999999\r\n\r\nabcd", 400 },

        // RFC 9112, 6.1: codings
        { "coding identity", Post + "Transfer-Encoding: identity\r\n\r\n", 400 },
        { "an unknown coding", Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400 },
        { "chunked not last", Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400 },
        { "a coding before chunked", Post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400 },
        { "chunked twice", Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "an empty coding", Post + "Transfer-Encoding: \r\n\r\n0\r\n\r\n", 400 },
        { "a coding after a vertical tab", Post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400 },
        { "a quoted coding", Post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400 },
        { "a coding with a parameter", Post + "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 400 },
        { "a coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "chunked in capitals", Post + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200 },

        // RFC 9112, 7.1: chunks
        { "a chunk size that is no number", Chunked + "Z\r\nabc\r\n0\r\n\r\n", 400 },
        { "a negative chunk size", Chunked + "-1\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk size with 0x", Chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk size beyond 64 bits", Chunked + "10000000000000003\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk size beyond 32 bits", Chunked + "100000003\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk size and a bare LF", Chunked + "3\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk and a bare LF", Chunked + "3\r\nabc\n0\r\n\r\n", 400 },
        { "a chunk extension with a bare LF", Chunked + "3;x\nxx\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk longer than it says", Chunked + "3\r\nabcd\r\n0\r\n\r\n", 400 },
        { "a chunk without size", Chunked + "\r\nabc\r\n0\r\n\r\n", 400 },
        { "a chunk extension", Chunked + "3;x=y\r\nabc\r\n0\r\n\r\n", 200 },

        // RFC 9112, 5: header lines
        { "a folded header", Get + "X-A: b\r\n c\r\n\r\n", 400 },
        { "a first header that begins with a space", "GET / HTTP/1.1\r\n Host: shop.localhost\r\n\r\n", 400 },
        { "a space before the colon", Get + "X-A : b\r\n\r\n", 400 },
        { "a space before the colon of a length", Post + "Content-Length : 4\r\n\r\nabcd", 400 },
        { "a space before the colon of a coding", Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
        { "a tab before the colon", Get + "X-A\t: b\r\n\r\n", 400 },
        { "a space in a name", Get + "X A: b\r\n\r\n", 400 },
        { "no colon", Get + "X-A\r\n\r\n", 400 },
        { "no name", Get + ": b\r\n\r\n", 400 },
        { "NUL in a value", Get + "X-A: a\0b\r\n\r\n", 400 },
        { "NUL in a name", Get + "X\0: b\r\n\r\n", 400 },
        { "8 bits in a name", Get + "X\u00e9: b\r\n\r\n", 400 },

        // RFC 9112, 2.2: ends of lines
        { "a bare LF after the request line", "GET / HTTP/1.1\nHost: shop.localhost\r\n\r\n", 400 },
        { "a bare LF after a header", "GET / HTTP/1.1\r\nHost: shop.localhost\nX-A: b\r\n\r\n", 400 },
        { "a bare LF at the end", Get + "X-A: b\r\n\n", 400 },
        { "bare LFs alone", "GET / HTTP/1.1\nHost: shop.localhost\n\n", 400 },
        { "a bare CR in a value", Get + "X-A: a\rb\r\n\r\n", 400 },
        { "a bare CR after a header", "GET / HTTP/1.1\r\nHost: shop.localhost\rX-A: b\r\n\r\n", 400 },
        { "an empty line before the request", "\r\n" + Get + "\r\n", 200 },

        // RFC 9112, 3.2, and RFC 9110, 7.2: whose request it is
        { "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
        { "two Hosts", Get + "Host: blog.localhost\r\n\r\n", 400 },
        { "the same Host twice", Get + "Host: shop.localhost\r\n\r\n", 400 },
        { "a list of Hosts", "GET / HTTP/1.1\r\nHost: shop.localhost, blog.localhost\r\n\r\n", 400 },
        { "a space in Host", "GET / HTTP/1.1\r\nHost: shop localhost\r\n\r\n", 400 },
        { "a path in Host", "GET / HTTP/1.1\r\nHost: shop.localhost/x\r\n\r\n", 400 },
        { "a user in Host", "GET / HTTP/1.1\r\nHost: blog@shop.localhost\r\n\r\n", 400 },
        { "a port of letters in Host", "GET / HTTP/1.1\r\nHost: shop.localhost:x\r\n\r\n", 400 },
        { "a port beyond all ports in Host", "GET / HTTP/1.1\r\nHost: shop.localhost:99999\r\n\r\n", 400 },
        { "another Host in the target", "GET http://blog.localhost/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "the same Host in the target", "GET http://shop.localhost/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 200 },
        { "a scheme of another kind", "GET ftp://shop.localhost/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "a tunnel", "CONNECT shop.localhost:80 HTTP/1.1\r\nHost: shop.localhost:80\r\n\r\n", 400 },

        // RFC 9112, 3: the request line
        { "a control character in the method", "GE\u0001T / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "a parenthesis in the method", "GE(T / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "two spaces", "GET  / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "a space in the target", "GET /a b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "a space after the version", "GET / HTTP/1.1 \r\nHost: shop.localhost\r\n\r\n", 400 },
        { "NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "an encoded NUL in the target", "GET /a%00b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400 },
        { "no version", "GET /\r\n\r\n", 400 },
        { "version 1.2", "GET / HTTP/1.2\r\nHost: shop.localhost\r\n\r\n", 505 },
        { "version 2.0", "GET / HTTP/2.0\r\nHost: shop.localhost\r\n\r\n", 505 },
        { "a version in small letters", "GET / http/1.1\r\nHost: shop.localhost\r\n\r\n", 505 },

        // RFC 9110, 15.5.15, and RFC 6585, 5: sizes
        { "a request line of 9000", $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 414 },
        { "a request line of 8000", $"GET /{new string('a', 8000)} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 200 },
        { "a header of 70000", Get + $"X-A: {new string('a', 70_000)}\r\n\r\n", 431 },
        { "a header of 30000", Get + $"X-A: {new string('a', 30_000)}\r\n\r\n", 200 },
        { "250 headers", Get + string.Concat(Enumerable.Range(0, 250).Select(n => $"X-{n}: a\r\n")) + "\r\n", 431 },
    };

    [Fact]
    public async Task Every_vector_gets_its_status_and_no_request_hides_behind_a_refused_one()
    {
        var hidden = 0;
        await using var backend = await Backend.StartAsync(async context =>
        {
            if (context.Request.Path == "/hidden")
            {
                Interlocked.Increment(ref hidden);
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        var wrong = new List<string>();
        foreach (var row in Vectors)
        {
            var (name, request, status) = ((string)row[0], (string)row[1], (int)row[2]);
            var answer = await AnswerAsync(router, request, andHidden: status != 200);
            if (!answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal) || Volatile.Read(ref hidden) > 0)
            {
                wrong.Add($"{name}: {(answer.Length == 0 ? "no answer" : answer.Split('\r')[0])}, hidden {hidden}");
                hidden = 0;
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task What_looks_odd_reaches_an_app_in_one_reading_only()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsync($"[{context.Request.Headers.ContentLength}|{context.Request.Headers.TransferEncoding}|{body.Length}]");
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));

        // Kestrel takes a plus sign; what goes on is the number.
        Assert.Contains("[4||4]", await AnswerAsync(router, Post + "Connection: close\r\nContent-Length: +4\r\n\r\nabcd", false), StringComparison.Ordinal);
        Assert.Contains(
            "[|chunked|3]", await AnswerAsync(router, Post + "Connection: close\r\nTransfer-Encoding: CHUNKED\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n", false),
            StringComparison.Ordinal);
    }

    // Until the connection ends where a refusal is due, else until the head of the answer is there. An answer may be cut off by the
    // reset that unread bytes cause.
    private static async Task<string> AnswerAsync(TestRouter router, string request, bool andHidden)
    {
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(request + (andHidden ? "GET /hidden HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" : ""));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (heard, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await visitor.ReadAsync(buffer, deadline.Token) is > 0 and var count)
            {
                heard.Append(Encoding.Latin1.GetString(buffer, 0, count));
                if (!andHidden && (heard.ToString().Contains(']')
                    || heard.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)))
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // Closed with our last bytes unread.
        }

        return heard.ToString();
    }
}
