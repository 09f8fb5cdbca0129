using Microsoft.AspNetCore.Http;

namespace MiniPaaS.Tests.Router;

/// <summary>HTTP/2 frame by frame (RFC 9113; the cases are those that h2spec names).</summary>
public sealed class Http2WireTests
{
    private const uint ProtocolError = 1;
    private const uint FlowControlError = 3;
    private const uint StreamClosed = 5;
    private const uint FrameSizeError = 6;
    private const uint RefusedStream = 7;
    private const uint CompressionError = 9;

    public static TheoryData<string, FrameType[], byte[], int, string, uint[]> Broken => new()
    {
        // Section, frames, flags of the first, stream, payload in hex, what GOAWAY may say.
        { "4.1 DATA on stream 0", [FrameType.Data], [0], 0, "00", [ProtocolError] },
        { "5.1 DATA on an idle stream", [FrameType.Data], [1], 1, "00", [ProtocolError, StreamClosed] },
        { "5.1.1 HEADERS on an even stream", [FrameType.Headers], [5], 2, "headers", [ProtocolError] },
        { "6.2 HEADERS on stream 0", [FrameType.Headers], [5], 0, "headers", [ProtocolError] },
        { "6.3 PRIORITY on stream 0", [FrameType.Priority], [0], 0, "0000000010", [ProtocolError] },
        { "6.4 RST_STREAM on an idle stream", [FrameType.ResetStream], [0], 1, "00000008", [ProtocolError] },
        { "6.4 RST_STREAM of three bytes", [FrameType.ResetStream], [0], 1, "000008", [FrameSizeError] },
        { "6.5 SETTINGS on a stream", [FrameType.Settings], [0], 1, "", [ProtocolError] },
        { "6.5 SETTINGS of five bytes", [FrameType.Settings], [0], 0, "0000000000", [FrameSizeError] },
        { "6.5 an acknowledgement with payload", [FrameType.Settings], [1], 0, "000300000001", [FrameSizeError] },
        { "6.5.2 ENABLE_PUSH of 2", [FrameType.Settings], [0], 0, "000200000002", [ProtocolError] },
        { "6.5.2 a window above the limit", [FrameType.Settings], [0], 0, "000480000000", [FlowControlError] },
        { "6.5.2 a frame size below the limit", [FrameType.Settings], [0], 0, "000500000001", [ProtocolError] },
        { "6.6 PUSH_PROMISE from a client", [FrameType.PushPromise], [4], 1, "00000002", [ProtocolError] },
        { "6.7 PING on a stream", [FrameType.Ping], [0], 1, "0000000000000000", [ProtocolError] },
        { "6.7 PING of six bytes", [FrameType.Ping], [0], 0, "000000000000", [FrameSizeError] },
        { "6.8 GOAWAY on a stream", [FrameType.GoAway], [0], 1, "0000000000000000", [ProtocolError] },
        { "6.9 WINDOW_UPDATE of 0", [FrameType.WindowUpdate], [0], 0, "00000000", [ProtocolError] },
        { "6.9 WINDOW_UPDATE of three bytes", [FrameType.WindowUpdate], [0], 0, "000001", [FrameSizeError] },
        { "6.9.1 a window beyond the limit", [FrameType.WindowUpdate], [0], 0, "7fffffff", [FlowControlError] },
        { "6.10 CONTINUATION after nothing", [FrameType.Continuation], [4], 1, "00", [ProtocolError] },
        { "6.10 DATA between HEADERS and CONTINUATION", [FrameType.Headers, FrameType.Data], [1], 1, "headers", [ProtocolError] },
        { "4.2 a frame above the limit", [FrameType.Data], [0], 1, "16385", [FrameSizeError] },
        { "4.3 headers that are not HPACK", [FrameType.Headers], [5], 1, "ffffffffffffffff", [CompressionError] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_breaks_the_protocol_ends_the_connection_with_its_code(
        string section, FrameType[] types, byte[] flags, int stream, string payload, uint[] codes)
    {
        await using var backend = await Backend.SaysAsync("ok");
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        var bytes = payload switch
        {
            "headers" => FrameClient.Headers("GET"),
            "16385" => new byte[16385],
            _ => Convert.FromHexString(payload),
        };
        foreach (var type in types)
        {
            await client.SayAsync(type, flags[0], stream, bytes);
        }

        var end = await client.HearAsync(frame => frame.Type == FrameType.GoAway);
        Assert.True(end is not null && codes.Contains(end.Code), $"{section}: {end?.Code.ToString() ?? "closed without GOAWAY"}");
    }

    public static TheoryData<string, string, string, string> BrokenRequests => new()
    {
        { "8.2.1 an upper-case name", "GET", "X-Upper", "1" },
        { "8.2.2 Connection", "GET", "connection", "keep-alive" },
        { "8.2.2 Transfer-Encoding", "GET", "transfer-encoding", "chunked" },
        { "8.2.2 TE other than trailers", "GET", "te", "gzip" },
        { "8.3 an unknown pseudo-header", "GET", ":unknown", "1" },
        { "8.3.1 a second :path", "GET", ":path", "/" },
        { "8.3.1 an empty :method", "", "x-a", "1" },
        { "8.5 CONNECT with a path", "CONNECT", "x-a", "1" },
        { "RFC 8441, 4, an extended CONNECT for another protocol", "CONNECT", ":protocol", "connect-udp" },
    };

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task A_malformed_request_is_refused_and_never_reaches_the_app(string section, string method, string name, string value)
    {
        var asked = 0;
        await using var backend = await Backend.StartAsync(_ =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        });
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        await client.AskAsync(1, method: method, headers: (name, value));
        var end = await client.HearAsync(frame => frame.Type is FrameType.ResetStream or FrameType.GoAway || frame is { Type: FrameType.Headers, Stream: 1 });
        Assert.True(end is null || end.Type == FrameType.Headers || end.Code == ProtocolError, $"{section}: {end}");
        Assert.True(end?.Type != FrameType.Headers || !end.Payload.Contains((byte)0x88), $"{section}: answered with 200");
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Settings_and_pings_are_acknowledged()
    {
        await using var backend = await Backend.SaysAsync("ok");
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        Assert.Equal(FrameType.Settings, (await client.HearAsync())!.Type);
        Assert.NotNull(await client.HearAsync(frame => frame is { Type: FrameType.Settings, Flags: Frame.Ack, Payload.Length: 0 }));
        await client.SayAsync(FrameType.Ping, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        var pong = await client.HearAsync(frame => frame.Type == FrameType.Ping);
        Assert.Equal(Frame.Ack, pong!.Flags);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], pong.Payload);
    }

    [Fact]
    public async Task Headers_in_pieces_are_one_request()
    {
        await using var backend = await Backend.StartAsync(context => context.Response.WriteAsync(context.Request.Headers["x-a"].ToString()));
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        var headers = FrameClient.Headers("GET", ("x-a", "whole"));
        await client.SayAsync(FrameType.Headers, Frame.EndStream, 1, headers[..10]);
        await client.SayAsync(FrameType.Continuation, 0, 1, headers[10..20]);
        await client.SayAsync(FrameType.Continuation, Frame.EndHeaders, 1, headers[20..]);
        Assert.Equal("whole"u8.ToArray(), (await client.HearAsync(frame => frame.Type == FrameType.Data))!.Payload);
    }

    [Fact]
    public async Task No_more_is_sent_than_the_visitors_window_holds()
    {
        await using var backend = await Backend.SaysAsync(new string('x', 25));
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port, settings: [0, 4, 0, 0, 0, 10]);
        await client.AskAsync(1);
        Assert.Equal(10, (await client.HearAsync(frame => frame.Type == FrameType.Data))!.Payload.Length);
        await client.SayAsync(FrameType.Ping, 0, 0, new byte[8]);
        Assert.Equal(FrameType.Ping, (await client.HearAsync())!.Type);
        await client.SayAsync(FrameType.WindowUpdate, 0, 1, 0, 0, 0, 100);
        Assert.Equal(15, (await client.HearAsync(frame => frame.Type == FrameType.Data))!.Payload.Length);
    }

    [Fact]
    public async Task An_upload_may_not_run_ahead_of_an_app_that_does_not_read()
    {
        var finish = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(_ => finish.Task);
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        await client.AskAsync(1, Frame.EndHeaders, "POST");
        var grown = 0L;
        var sent = 0L;
        var window = 65_535L;

        // As much as the windows allow, until they are not opened any more: a ping comes back first.
        while (sent < 100_000_000)
        {
            if (window - sent >= 16_384)
            {
                await client.SayAsync(FrameType.Data, 0, 1, new byte[16_384]);
                sent += 16_384;
                continue;
            }

            await client.SayAsync(FrameType.Ping, 0, 0, new byte[8]);
            var before = grown;
            await client.HearAsync(frame =>
            {
                grown += frame is { Type: FrameType.WindowUpdate, Stream: 1 } ? frame.Code : 0;
                return frame.Type == FrameType.Ping;
            });
            window += grown - before;
            if (grown == before)
            {
                break;
            }
        }

        finish.SetResult();
        Assert.InRange(sent, 1, 50_000_000);
    }

    [Fact]
    public async Task A_stream_that_the_visitor_resets_ends_the_request_at_the_app_and_nothing_else()
    {
        var (arrived, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.StartAsync(async context =>
        {
            if (context.Request.Headers.ContainsKey("x-slow"))
            {
                context.RequestAborted.Register(gone.SetResult);
                arrived.SetResult();
                await gone.Task;
            }
        });
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        await client.AskAsync(1, headers: ("x-slow", "1"));
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await client.SayAsync(FrameType.ResetStream, 0, 1, 0, 0, 0, 8);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await client.AskAsync(3);
        Assert.Equal(3, (await client.HearAsync(frame => frame.Type == FrameType.Headers))!.Stream);
    }

    [Fact]
    public async Task More_streams_than_announced_are_refused_one_by_one()
    {
        var finish = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(_ => finish.Task);
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        var settings = (await client.HearAsync(frame => frame is { Type: FrameType.Settings, Flags: 0 }))!.Payload;
        var limit = Enumerable.Range(0, settings.Length / 6).Where(at => settings[(at * 6) + 1] == 3)
            .Select(at => (settings[(at * 6) + 4] << 8) | settings[(at * 6) + 5]).Single();
        for (var number = 0; number <= limit; number++)
        {
            await client.AskAsync((2 * number) + 1);
        }

        var refused = await client.HearAsync(frame => frame.Type is FrameType.ResetStream);
        Assert.Equal(((2 * limit) + 1, RefusedStream), (refused!.Stream, refused.Code));
        finish.SetResult();
        Assert.NotNull(await client.HearAsync(frame => frame is { Type: FrameType.Headers, Stream: 1 }));
    }

    [Fact]
    public async Task Headers_beyond_the_limit_are_refused_without_the_app()
    {
        await using var backend = await Backend.SaysAsync("ok");
        await using var router = await ShopAsync(backend);
        await using var client = await FrameClient.ConnectAsync(router.Port);
        var large = FrameClient.Headers("GET", [.. Enumerable.Range(0, 40).Select(number => ($"x-{number}", new string('x', 10_000)))]);
        try
        {
            for (var at = 0; at < large.Length; at += 16_000)
            {
                var flags = (byte)((at == 0 ? Frame.EndStream : 0) | (at + 16_000 >= large.Length ? Frame.EndHeaders : 0));
                await client.SayAsync(at == 0 ? FrameType.Headers : FrameType.Continuation, flags, 1, large[at..Math.Min(at + 16_000, large.Length)]);
            }
        }
        catch (IOException)
        {
            // Refused while it was still being said.
        }

        var end = await client.HearAsync(frame => frame.Type is FrameType.GoAway or FrameType.ResetStream or FrameType.Headers);
        Assert.True(end?.Type != FrameType.Headers || !end.Payload.Contains((byte)0x88), "answered with 200");
    }

    private static Task<TestRouter> ShopAsync(Backend backend)
        => TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
}
