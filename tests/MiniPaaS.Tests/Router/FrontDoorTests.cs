using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Listening;

namespace MiniPaaS.Tests.Router;

public sealed class FrontDoorTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("G", "Http1")]
    [InlineData("GET / HTTP/1.1\r\n", "Http1")]
    [InlineData("P", null)]
    [InlineData("PO", "Http1")]
    [InlineData("PRI", null)]
    [InlineData("PROPFIND / HTTP/1.1\r\n", "Http1")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", null)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Http2")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u0012\u0004", "Http2")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nXX", "Http1")]
    [InlineData("\u0016", "Tls")]
    [InlineData("\u0016\u0003\u0001", "Tls")]
    [InlineData("\u0015\u0003", "Http1")]
    [InlineData("\r\nGET / HTTP/1.1\r\n", "Http1")]
    public void The_first_bytes_tell_the_protocol_whole_or_in_pieces(string bytes, string? expected)
    {
        var heard = Encoding.Latin1.GetBytes(bytes);
        Assert.Equal(expected, FirstBytes.Protocol(new ReadOnlySequence<byte>(heard))?.ToString());
        if (heard.Length > 1)
        {
            var end = new Piece(heard.AsMemory(1), 1, null);
            var start = new Piece(heard.AsMemory(0, 1), 0, end);
            Assert.Equal(expected, FirstBytes.Protocol(new ReadOnlySequence<byte>(start, 0, end, end.Memory.Length))?.ToString());
        }
    }

    [Fact]
    public async Task Both_ports_speak_everything()
    {
        using var authority = new TestAuthority();
        await using var backend = await Backend.SaysAsync("hello");
        var settings = TestRouter.NewSettings() with { HttpsPort = 0 };
        await WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        Assert.Equal(2, router.Ports.Length);
        foreach (var port in router.Ports)
        {
            await using var plain = await RawClient.ConnectAsync(port);
            await plain.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
            Assert.EndsWith("hello", await plain.HearAsync("hello"), StringComparison.Ordinal);
            Assert.Equal((HttpVersion.Version20, "hello"), await GetAsync($"http://127.0.0.1:{port}", HttpVersion.Version20, authority));
            Assert.Equal((HttpVersion.Version20, "hello"), await GetAsync($"https://127.0.0.1:{port}", HttpVersion.Version20, authority));
            Assert.Equal((HttpVersion.Version11, "hello"), await GetAsync($"https://127.0.0.1:{port}", HttpVersion.Version11, authority));
        }
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_served()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        foreach (var one in "PUT / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 0\r\n\r\n")
        {
            await visitor.SayAsync(one.ToString());
        }

        Assert.EndsWith("hello", await visitor.HearAsync("hello"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM")]
    [InlineData("\u0016\u0003\u0001\u0002")]
    [InlineData("GET / HTTP/1.1\r\nHost: sh")]
    public async Task Who_does_not_finish_the_first_sentence_is_not_waited_for(string start)
    {
        var soon = TimeSpan.FromSeconds(1);
        await using var router = await TestRouter.StartAsync(TestRouter.NewSettings() with { GreetingTimeout = soon, HeadersTimeout = soon });
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync(start);
        var answer = await visitor.HearAsync("\0 never: until it closes");
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        await Eventually.TrueAsync(() => router.Meters.Connections == 0);
    }

    [Fact]
    public async Task An_idle_connection_is_closed_after_its_time()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { KeepAliveTimeout = TimeSpan.FromSeconds(1) },
            Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        Assert.EndsWith("hello", await visitor.HearAsync("\0 never: until it closes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_connections_than_allowed_are_refused_and_counted_and_room_is_made_again()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { MaxConnections = 2 }, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        var one = await RawClient.ConnectAsync(router.Port);
        await using var two = await RawClient.ConnectAsync(router.Port);
        await Eventually.TrueAsync(() => router.Meters.Connections == 2);
        // The reset meets the third one while it connects, or when it listens.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var three = await RawClient.ConnectAsync(router.Port);
            await three.HearAsync("\0");
        });

        Assert.Equal((1, 2), (router.Meters.RefusedConnections, router.Meters.Connections));
        await one.DisposeAsync();
        await Eventually.TrueAsync(() => router.Meters.Connections == 1);
        Assert.Equal("hello", await router.TextAsync("shop.localhost"));
    }

    [Theory]
    [InlineData(50_000, 262_144, 50_000)]
    [InlineData(50_000, 20_000, 15_000)]
    [InlineData(50_000, 300, 172)]
    [InlineData(10, 300, 10)]
    public void Connections_leave_room_for_other_files(int wanted, int files, int most)
    {
        Assert.Equal(most, FileLimit.Connections(wanted, files));
        Assert.InRange(FileLimit.Files(), 1, int.MaxValue);
    }

    [Fact]
    public async Task Connections_are_counted_out_however_they_end()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        for (var round = 0; round < 20; round++)
        {
            var visitor = await RawClient.ConnectAsync(router.Port);
            await visitor.SayAsync((round % 4) switch
            {
                0 => "",
                1 => "\u0016\u0003\u0001 this is no handshake at all, but it begins like one",
                2 => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n and no frames",
                _ => "GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n",
            });
            visitor.Socket.LingerState = new LingerOption(round % 2 == 0, 0);
            await visitor.DisposeAsync();
        }

        await Eventually.TrueAsync(() => router.Meters.Connections == 0);
        Assert.Equal("hello", await router.TextAsync("shop.localhost"));
    }

    [Theory]
    [InlineData("ws", "1.1")]
    [InlineData("ws", "2.0")]
    [InlineData("wss", "1.1")]
    [InlineData("wss", "2.0")]
    public async Task A_websocket_reaches_a_dyno_over_every_protocol(string scheme, string version)
    {
        using var authority = new TestAuthority();
        await using var backend = await Backend.StartAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } heard)
            {
                await socket.SendAsync(buffer.AsMemory(0, heard.Count), WebSocketMessageType.Text, heard.EndOfMessage, CancellationToken.None);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, $"{context.Request.Protocol} {context.Request.Method}", CancellationToken.None);
        });
        var settings = TestRouter.NewSettings();
        await WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var invoker = new HttpMessageInvoker(Handler(authority, router.Port));
        using var visitor = new ClientWebSocket();
        visitor.Options.HttpVersion = Version.Parse(version);
        visitor.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await visitor.ConnectAsync(new Uri($"{scheme}://shop.localhost:{router.Port}/chat"), invoker, deadline.Token);
        foreach (var word in new[] { "hello", "again" })
        {
            await visitor.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, true, deadline.Token);
            var buffer = new byte[100];
            var heard = await visitor.ReceiveAsync(buffer, deadline.Token);
            Assert.Equal(word, Encoding.UTF8.GetString(buffer, 0, heard.Count));
        }

        await visitor.CloseAsync(WebSocketCloseStatus.NormalClosure, "", deadline.Token);
        Assert.Equal("HTTP/1.1 GET", visitor.CloseStatusDescription);
    }

    internal static async Task WriteIssuerAsync(string path, TestAuthority authority)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, authority.IssuerPem);
    }

    private static async Task<(Version, string)> GetAsync(string address, Version version, TestAuthority authority)
    {
        using var client = new HttpClient(Handler(authority, new Uri(address).Port));
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Replace("127.0.0.1", "shop.localhost", StringComparison.Ordinal))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request);
        return (answer.Version, await answer.Content.ReadAsStringAsync());
    }

    private static SocketsHttpHandler Handler(TestAuthority authority, int port)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectCallback = async (_, _) => await RawClient.ConnectAsync(port) };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            },
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(authority.Root);
        return handler;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index, Piece? next) => (Memory, RunningIndex, Next) = (memory, index, next);
    }
}
