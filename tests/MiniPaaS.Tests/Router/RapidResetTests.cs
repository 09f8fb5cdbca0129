using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Listening;

namespace MiniPaaS.Tests.Router;

/// <summary>Streams that are opened and reset without end: what they cost, and whom.</summary>
public sealed class RapidResetTests
{
    private const int EnhanceYourCalm = 11;
    private const int PrefaceAndSettings = 24 + 9;

    [Fact]
    public async Task Streams_that_are_opened_and_reset_without_end_cost_the_visitor_the_connection()
    {
        await using var backend = await Backend.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        var flood = await FloodAsync();

        // Often, since Kestrel ends them in different ways: the number of resets is one too many, or that of writes that wait.
        for (var round = 0; round < 15; round++)
        {
            await using var visitor = await RawClient.ConnectAsync(router.Port);
            await using var frames = await Http2Client.OpenAsync(visitor);
            try
            {
                await visitor.WriteAsync(flood);
            }
            catch (IOException)
            {
                // The router has hung up.
            }

            // Where the reset that follows it left it to be read. INTERNAL_ERROR (RFC 9113, 7) is for too many writes.
            Assert.Contains((await frames.GoAwayAsync())?.Error ?? EnhanceYourCalm, new[] { EnhanceYourCalm, 2 });
            await Eventually.TrueAsync(() => router.Meters.Connections == 0);
        }

        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")).InFlight == 0);
    }

    [Fact]
    public async Task A_connection_that_is_aborted_is_over_though_nobody_disposes_of_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var peer = await RawClient.ConnectAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        using var connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), NullLogger.Instance);
        var over = 0;
        var visit = new Visit(connections.Create(await listener.AcceptSocketAsync()), () => over++);
        visit.Abort(new ConnectionAbortedException("enough"));
        Assert.Equal(1, over);
        Assert.Empty(await HearAsync(peer));
        await visit.DisposeAsync();
        Assert.Equal(1, over);
    }

    private static async Task<string> HearAsync(NetworkStream peer)
    {
        try
        {
            return await peer.HearAsync("\0 never: until it closes");
        }
        catch (IOException)
        {
            return "";
        }
    }

    // In one piece: faster than the router can answer.
    private static async Task<byte[]> FloodAsync()
    {
        var flood = new MemoryStream();
        await using var frames = await Http2Client.OpenAsync(flood);
        for (var stream = 1; stream < 20_000; stream += 2)
        {
            await frames.RequestAsync(stream, "shop.localhost");
            await frames.ResetAsync(stream);
        }

        return flood.ToArray()[PrefaceAndSettings..];
    }
}
