using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

public sealed class LameDuckTests
{
    [Fact]
    public async Task A_leaving_router_takes_no_connection_and_asks_those_it_has_to_go()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await StartAsync(backend, TimeSpan.FromMinutes(5));
        await using var kept = await RawClient.ConnectAsync(router.Port);
        await using var silent = await RawClient.ConnectAsync(router.Port);
        await kept.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        Assert.DoesNotContain("Connection: close", await kept.HearAsync("hello"), StringComparison.OrdinalIgnoreCase);
        await Eventually.TrueAsync(() => router.Meters.Connections == 2);

        var stopped = router.StopAsync();
        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")).LameDuck);
        await Assert.ThrowsAnyAsync<SocketException>(() => RawClient.ConnectAsync(router.Port));
        foreach (var visitor in new[] { kept, silent })
        {
            await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
            var answer = await visitor.HearAsync("\0 never: until it closes");
            Assert.Contains("Connection: close\r\n", answer, StringComparison.OrdinalIgnoreCase);
            Assert.EndsWith("hello", answer, StringComparison.Ordinal);
        }

        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_answer_under_way_says_that_the_connection_ends()
    {
        var (arrived, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsync("whole");
        });
        await using var router = await StartAsync(backend, TimeSpan.FromMinutes(5));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var stopped = router.StopAsync();
        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")).LameDuck);
        finish.SetResult();
        var answer = await visitor.HearAsync("\0 never: until it closes");
        Assert.Contains("Connection: close\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("whole", answer, StringComparison.Ordinal);
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_connection_that_stays_idle_is_closed_when_the_phase_is_over()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await StartAsync(backend, TimeSpan.FromMilliseconds(300));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        await visitor.HearAsync("hello");
        var stopped = router.StopAsync();
        Assert.Equal("", await visitor.HearAsync("\0 never: until it closes"));
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_http2_connection_gets_goaway_and_loses_no_request()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await StartAsync(backend, TimeSpan.FromMinutes(5));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await using var frames = await Http2Client.OpenAsync(visitor);
        await frames.RequestAsync(1, "shop.localhost");
        Assert.Equal("hello", await frames.BodyAsync(1));
        var stopped = router.StopAsync();
        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")).LameDuck);
        await frames.RequestAsync(3, "shop.localhost");
        Assert.Equal("hello", await frames.BodyAsync(3));
        Assert.Equal((3, 0), await frames.GoAwayAsync());
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_http2_connection_is_told_twice_and_finishes_what_was_begun()
    {
        var arrived = new SemaphoreSlim(0);
        var finish = new[] { 1, 3, 5 }.ToDictionary(stream => $"{stream}", _ => new TaskCompletionSource());
        await using var backend = await Backend.StartAsync(async context =>
        {
            arrived.Release();
            await finish[context.Request.Headers["x-stream"].ToString()].Task.WaitAsync(TimeSpan.FromSeconds(60));
            await context.Response.WriteAsync("whole");
        });
        await using var router = await StartAsync(backend, TimeSpan.FromMinutes(5));
        await using var client = await FrameClient.ConnectAsync(router.Port);
        await client.AskAsync(1, headers: ("x-stream", "1"));
        await client.AskAsync(3, headers: ("x-stream", "3"));
        await arrived.WaitAsync(TimeSpan.FromSeconds(20));
        await arrived.WaitAsync(TimeSpan.FromSeconds(20));
        var stopped = router.StopAsync();
        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")).LameDuck);

        // 1. With the next answer, "no new streams, please": what is on its way is still served (RFC 9113, 6.8).
        finish["1"].SetResult();
        var heard = new List<Frame>();
        await client.HearAsync(frame => Note(frame, heard) && Ended(heard, 1) && GoAways(heard).Length > 0);
        Assert.Equal([(int.MaxValue, 0u)], GoAways(heard));

        // 2. One that the visitor began before he heard it; then the last of all, and the end.
        await client.AskAsync(5, headers: ("x-stream", "5"));
        await arrived.WaitAsync(TimeSpan.FromSeconds(20));
        finish["3"].SetResult();
        finish["5"].SetResult();
        Assert.Null(await client.HearAsync(frame => Note(frame, heard) && false));
        Assert.Equal([(int.MaxValue, 0u), (5, 0u)], GoAways(heard));
        Assert.All([1, 3, 5], stream => Assert.True(Ended(heard, stream), $"stream {stream}"));
        Assert.DoesNotContain(heard, frame => frame.Type == FrameType.ResetStream);

        // 3. Too late: nobody answers any more, and the port is closed.
        await Assert.ThrowsAnyAsync<SocketException>(() => RawClient.ConnectAsync(router.Port));
        await stopped.WaitAsync(TimeSpan.FromSeconds(40));
    }

    private static bool Note(Frame frame, List<Frame> heard)
    {
        heard.Add(frame);
        return true;
    }

    private static bool Ended(List<Frame> heard, int stream)
        => heard.Exists(frame => frame.Stream == stream && frame.Type is (FrameType.Data or FrameType.Headers) && (frame.Flags & Frame.EndStream) != 0);

    private static (int LastStream, uint Code)[] GoAways(List<Frame> heard)
        => [.. heard.Where(frame => frame.Type == FrameType.GoAway).Select(frame => (BinaryPrimitives.ReadInt32BigEndian(frame.Payload), frame.Code))];

    private static Task<TestRouter> StartAsync(Backend backend, TimeSpan lameDuck)
        => TestRouter.StartAsync(
            TestRouter.NewSettings() with { LameDuck = lameDuck }, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
}
