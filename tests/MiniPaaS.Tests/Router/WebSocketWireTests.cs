using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Tests.Router;

/// <summary>WebSocket connections (RFC 6455) frame by frame: the router carries them and says nothing of its own until it must.</summary>
public sealed class WebSocketWireTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static TheoryData<string, string> Frames => new()
    {
        { "a text in one frame", "8105 68656c6c6f" },
        { "a text in three frames with a ping between", "0103 68656c 8900 0002 6c6f 8001 21" },
        { "ping with payload, and an unasked pong", "8904 01020304 8a02 0506" },
        { "an empty message, and bytes", "8100 8203 00ff7f" },
        { "a character cut in two", "0101 c3 8001 a9" },
        { "126 bytes, whose length takes three", "827e007e {00*126}" },
        { "100,000 bytes, whose length takes nine", "827f00000000000186a0 {5a*100000}" },
        { "reserved bits and an opcode of the future", "c303 010203" },
        { "a close with code and reason", "8807 03e8 6279652121" },
        { "a close of the app's own", "8802 0fa0" },
        { "a close without a code", "8800" },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task Frames_pass_byte_for_byte_both_ways(string what, string frames)
    {
        var bytes = Bytes(frames);
        await using var dyno = await UpgradedDyno.StartAsync();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        await using var visitor = await OpenAsync(router);
        var app = await dyno.Stream.WaitAsync(Deadline);
        await visitor.WriteAsync(bytes);
        var atApp = await ReadAsync(app, bytes.Length);
        Assert.True(bytes.AsSpan().SequenceEqual(atApp), $"{what}, to the app");
        await app.WriteAsync(bytes);
        var atVisitor = await ReadAsync(visitor, bytes.Length);
        Assert.True(bytes.AsSpan().SequenceEqual(atVisitor), $"{what}, to the visitor");
        dyno.Finish();
    }

    [Fact]
    public async Task What_an_app_says_last_is_heard_and_then_the_end()
    {
        await using var dyno = await UpgradedDyno.StartAsync();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        await using var visitor = await OpenAsync(router);
        var app = await dyno.Stream.WaitAsync(Deadline);
        await app.WriteAsync(Bytes("8103 6f6e65 8802 03e8"));
        dyno.Finish();
        Assert.Equal(Bytes("8103 6f6e65 8802 03e8"), await ReadAsync(visitor, 9));
        Assert.Equal(0, await visitor.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_visitor_who_vanishes_ends_the_apps_connection_and_frees_the_dyno()
    {
        await using var dyno = await UpgradedDyno.StartAsync();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        var visitor = await OpenAsync(router);
        var app = await dyno.Stream.WaitAsync(Deadline);
        visitor.Socket.Close(timeout: 0);
        Assert.Empty(await ReadAsync(app, 1));
        dyno.Finish();
        await router.PutAppAsync(Make.Route("shop", 2));
        Assert.True((await router.DrainedAsync("c1")).Drained);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8882 00000000 03e8")]
    [InlineData("8103 6f6e65 0103 68")]
    public async Task A_visitor_who_closes_his_side_has_ended_the_connection(string last)
    {
        await using var dyno = await UpgradedDyno.StartAsync();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        await using var visitor = await OpenAsync(router);
        var app = await dyno.Stream.WaitAsync(Deadline);
        var bytes = Bytes(last);
        await visitor.WriteAsync(bytes);
        Assert.Equal(bytes, await ReadAsync(app, bytes.Length));
        visitor.Socket.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReadAsync(app, 1));
        dyno.Finish();
        await router.PutAppAsync(Make.Route("shop", 2));
        Assert.True((await router.DrainedAsync("c1")).Drained);
        await Eventually.TrueAsync(() => router.Meters.Connections == 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8802 03e8")]
    [InlineData("0103 68")]
    public async Task An_app_that_closes_its_side_has_ended_the_connection_and_is_heard_to_the_end(string last)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", listener.LocalEndpoint.ToString()!)));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(Handshake);
        await using var app = new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true);
        await app.HearAsync("\r\n\r\n");
        await app.SayAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        await visitor.HearAsync("\r\n\r\n");
        var bytes = Bytes(last);
        await app.WriteAsync(bytes);
        app.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(bytes, await ReadAsync(visitor, bytes.Length + 1));
        Assert.Empty(await ReadAsync(app, 1));
        await Eventually.TrueAsync(() => router.Meters.Connections == 0);
    }

    [Fact]
    public async Task An_app_that_refuses_to_upgrade_is_heard()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no");
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(Handshake);
        Assert.StartsWith("HTTP/1.1 403 ", await visitor.HearAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Large_and_small_messages_are_echoed_over_either_version(string version)
    {
        await using var dyno = await CountingDyno.StartAsync();
        dyno.Open("c1");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.SetRequestHeader("Host", "shop.localhost");
        using var limit = new CancellationTokenSource(Deadline);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/"), invoker, limit.Token);
        foreach (var size in new[] { 0, 1, 125, 126, 65_536, 3_000_000 })
        {
            var sending = socket.SendAsync(new byte[size], WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
            var (heard, buffer, last) = (0, new byte[65_536], default(WebSocketReceiveResult));
            while (last is not { EndOfMessage: true })
            {
                last = await socket.ReceiveAsync(buffer, limit.Token);
                heard += last.Count;
            }

            await sending;
            Assert.Equal(size, heard);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    private const string Handshake = "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private static async Task<NetworkStream> OpenAsync(TestRouter router)
    {
        var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(Handshake);
        var answer = await visitor.HearAsync("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer, StringComparison.OrdinalIgnoreCase);
        return visitor;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        using var limit = new CancellationTokenSource(Deadline);
        var buffer = new byte[count];
        try
        {
            return buffer[..await stream.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false, limit.Token)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    // {5a*3} repeats.
    private static byte[] Bytes(string hex)
    {
        var text = new StringBuilder();
        foreach (var part in hex.Split(' '))
        {
            text.Append(part.StartsWith('{') ? string.Concat(Enumerable.Repeat(part[1..3], int.Parse(part[4..^1]))) : part);
        }

        return Convert.FromHexString(text.ToString());
    }

    /// <summary>An app that upgrades its one connection and leaves the bytes to the test.</summary>
    private sealed class UpgradedDyno : IAsyncDisposable
    {
        private readonly TaskCompletionSource<Stream> stream = new();
        private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Backend? backend;

        public string Address => backend!.Address;

        public Task<Stream> Stream => stream.Task;

        public static async Task<UpgradedDyno> StartAsync()
        {
            var dyno = new UpgradedDyno();
            dyno.backend = await Backend.StartAsync(dyno.ServeAsync);
            return dyno;
        }

        /// <summary>The app hangs up.</summary>
        public void Finish() => finished.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            Finish();
            await backend!.DisposeAsync();
        }

        private async Task ServeAsync(HttpContext context)
        {
            context.Response.Headers["Sec-WebSocket-Accept"] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
            context.Response.Headers.Connection = "Upgrade";
            context.Response.Headers.Upgrade = "websocket";
            await using var upgraded = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            stream.SetResult(upgraded);
            await finished.Task;
        }
    }
}
