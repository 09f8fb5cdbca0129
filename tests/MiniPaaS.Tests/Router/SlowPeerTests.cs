using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MiniPaaS.Tests.Router;

/// <summary>Visitors and apps that take their time, and those that take none at all: what they hold up, and whom they do not.</summary>
public sealed class SlowPeerTests
{
    private const long Large = 64 << 20;

    // What kernels on both sides, pipes and buffers may hold of a body; far below what is sent.
    private const long Buffered = 40 << 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_answer_that_the_visitor_does_not_read_waits_in_the_app_and_nobody_waits_with_it()
    {
        var written = 0L;
        await using var backend = await Backend.StartAsync(async context =>
        {
            var wanted = context.Request.Path == "/large" ? Large : 5;
            for (var left = wanted; left > 0; left -= 1 << 16)
            {
                await context.Response.Body.WriteAsync(new byte[Math.Min(left, 1 << 16)]);
                Interlocked.Add(ref written, wanted == Large ? 1 << 16 : 0);
            }
        });
        await using var router = await ShopAsync(backend.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET /large HTTP/1.0\r\nHost: shop.localhost\r\n\r\n");
        await StillAsync(() => Interlocked.Read(ref written));
        Assert.InRange(Interlocked.Read(ref written), 1, Buffered);
        for (var other = 0; other < 20; other++)
        {
            Assert.Equal(5, (await router.TextAsync("shop.localhost")).Length);
        }

        await visitor.HearAsync("\r\n\r\n");
        Assert.Equal(Large, await CountAsync(visitor));
    }

    [Fact]
    public async Task Visitors_who_send_slowly_hold_nobody_up()
    {
        await using var backend = await Backend.StartAsync(async context => await context.Response.WriteAsync($"{await CountAsync(context.Request.Body)}."));
        await using var router = await ShopAsync(backend.Address);
        var slow = new List<NetworkStream>();
        for (var number = 0; number < 50; number++)
        {
            slow.Add(await RawClient.ConnectAsync(router.Port));
            await slow[^1].SayAsync("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\na");
        }

        Assert.Equal("0.", await router.TextAsync("shop.localhost"));
        foreach (var one in slow)
        {
            await one.SayAsync("b");
        }

        Assert.Equal("0.", await router.TextAsync("shop.localhost"));
        foreach (var one in slow)
        {
            await one.SayAsync("c");
            Assert.EndsWith("3.", await one.HearAsync("3."), StringComparison.Ordinal);
            await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_upload_may_not_run_ahead_of_an_app_that_reads_slowly()
    {
        var read = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync(async context =>
        {
            await read.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync($"{await CountAsync(context.Request.Body)}.");
        });
        await using var router = await ShopAsync(backend.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync($"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: {Large}\r\nConnection: close\r\n\r\n");
        var sent = 0L;
        var sending = SendAsync();
        await StillAsync(() => Interlocked.Read(ref sent));
        Assert.InRange(Interlocked.Read(ref sent), 1, Buffered);
        read.Release();
        await sending.WaitAsync(Deadline);
        Assert.EndsWith($"{Large}.", await visitor.HearAsync($"{Large}."), StringComparison.Ordinal);

        async Task SendAsync()
        {
            for (var left = Large; left > 0; left -= 1 << 16)
            {
                await visitor.WriteAsync(new byte[1 << 16]);
                Interlocked.Add(ref sent, 1 << 16);
            }
        }
    }

    [Fact]
    public async Task An_answer_that_dribbles_arrives_as_it_is_said()
    {
        using var dyno = new Listener();
        await using var router = await ShopAsync(dyno.Address);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        await using var app = await dyno.AcceptAsync();
        await app.HearAsync("\r\n\r\n");
        foreach (var piece in new[] { "HTTP/1.1 2", "00 OK\r\nCont", "ent-Length: 3\r\n", "\r\n" })
        {
            await app.SayAsync(piece);
        }

        await app.SayAsync("a");
        Assert.EndsWith("\r\n\r\na", await visitor.HearAsync("\r\n\r\na"), StringComparison.Ordinal);
        foreach (var piece in new[] { "b", "c" })
        {
            await app.SayAsync(piece);
            Assert.Equal(piece, await visitor.HearAsync(piece));
        }
    }

    [Fact]
    public async Task An_app_that_takes_the_connection_and_says_nothing_is_H12()
    {
        using var dyno = new Listener();
        await using var router = await ShopAsync(dyno.Address, soon: true);
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("code=H12", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_does_not_take_an_upload_is_H15_and_the_visitor_is_not_blamed()
    {
        using var dyno = new Listener();
        await using var router = await ShopAsync(dyno.Address, soon: true, idleSeconds: 8);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync($"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: {Large}\r\n\r\n");
        try
        {
            for (var left = Large; left > 0; left -= 1 << 16)
            {
                await visitor.WriteAsync(new byte[1 << 16]);
            }
        }
        catch (IOException)
        {
            // The router gave up.
        }

        Assert.Contains("code=H15 desc=\"Idle connection\" method=POST", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_visitor_who_stops_sending_is_H28()
    {
        await using var backend = await Backend.StartAsync(async context => await context.Response.WriteAsync($"{await CountAsync(context.Request.Body)}."));
        await using var router = await ShopAsync(backend.Address, soon: true);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\n\r\na");
        Assert.StartsWith("HTTP/1.1 408 ", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
        Assert.Contains("code=H28", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop.localhost")]
    [InlineData("unknown.localhost")]
    public async Task A_visitor_who_asks_and_asks_and_never_reads_is_not_waited_for(string host)
    {
        await using var backend = await Backend.SaysAsync(new string('x', 10_000));
        await using var router = await ShopAsync(backend.Address, soon: true);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        var asking = AskAsync();
        await Eventually.TrueAsync(() => router.Meters.Connections == 1);
        await Eventually.TrueAsync(() => router.Meters.Connections == 0);
        await asking.WaitAsync(Deadline);

        async Task AskAsync()
        {
            var requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", 1000)));
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                while (true)
                {
                    await visitor.WriteAsync(requests);
                }
            });
        }
    }

    private static Task<TestRouter> ShopAsync(string dyno, bool soon = false, int idleSeconds = 2)
    {
        var settings = TestRouter.NewSettings();
        return TestRouter.StartAsync(
            soon ? settings with { FirstByteTimeout = TimeSpan.FromMilliseconds(250), IdleTimeout = TimeSpan.FromSeconds(idleSeconds) } : settings,
            Make.Route("shop", 1, Make.Target("c1", dyno)));
    }

    // Until it has begun and does not grow any more.
    private static Task StillAsync(Func<long> value)
    {
        var (before, still) = (0L, Stopwatch.StartNew());
        return Eventually.TrueAsync(() =>
        {
            if (value() is var now && now != before)
            {
                before = now;
                still.Restart();
            }

            return before > 0 && still.Elapsed > TimeSpan.FromSeconds(1);
        });
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var (count, read, buffer) = (0L, 0, new byte[1 << 16]);
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            count += read;
        }

        return count;
    }

    /// <summary>An app that takes connections and does nothing with them of itself.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public Listener() => listener.Start();

        public string Address => listener.LocalEndpoint.ToString()!;

        public async Task<NetworkStream> AcceptAsync() => new(await listener.AcceptSocketAsync(), ownsSocket: true);

        public void Dispose() => listener.Dispose();
    }
}
