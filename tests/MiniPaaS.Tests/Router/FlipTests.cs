using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

public sealed class FlipTests
{
    private const int Flips = 300;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task No_request_is_lost_or_served_by_a_drained_dyno_while_the_app_is_flipped()
    {
        await using var blue = await Dyno.StartAsync();
        await using var green = await Dyno.StartAsync();
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", blue.Address)));
        using var stop = new CancellationTokenSource();
        var visitors = Enumerable.Range(0, 6).Select(number => VisitAsync(router, number, stop.Token)).ToArray();

        var (current, next) = (blue, green);
        for (var version = 2; version < Flips + 2; version++)
        {
            next.Open = true;
            await router.PutAppAsync(Make.Route("shop", version, Make.Target($"c{version}", next.Address)));
            Assert.Equal(new DrainStatus(true, 0), await router.DrainedAsync($"c{version - 1}"));
            current.Open = false;
            Assert.Equal(0, current.InFlight);
            (current, next) = (next, current);
        }

        await stop.CancelAsync();
        var served = (await Task.WhenAll(visitors).WaitAsync(Deadline)).Sum();
        Assert.Equal(0, blue.Late + green.Late);
        Assert.Equal(served, blue.Served + green.Served);
        Assert.True(served > Flips, $"{served} requests are too few to prove anything");
    }

    [Fact]
    public async Task A_slow_request_keeps_its_dyno_from_being_called_drained()
    {
        var (arrived, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var old = await Backend.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task.WaitAsync(Deadline);
            await context.Response.WriteAsync("old");
        });
        await using var fresh = await Backend.SaysAsync("new");
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { UpgradeGrace = TimeSpan.Zero }, Make.Route("shop", 1, Make.Target("c1", old.Address)));
        var slow = router.TextAsync("shop.localhost");
        await arrived.Task.WaitAsync(Deadline);
        Assert.Equal(new DrainStatus(false, 1), await router.DrainedAsync("c1", wait: 0));

        await router.PutAppAsync(Make.Route("shop", 2, Make.Target("c2", fresh.Address)));
        Assert.Equal("new", await router.TextAsync("shop.localhost"));
        Assert.Equal(new DrainStatus(false, 1), await router.DrainedAsync("c1", wait: 50));
        var drained = router.DrainedAsync("c1");
        finish.SetResult();
        Assert.Equal("old", await slow);
        Assert.Equal(new DrainStatus(true, 0), await drained);
    }

    [Fact]
    public async Task A_websocket_echoes_and_outlives_a_flip_by_its_grace()
    {
        await using var backend = await Backend.StartAsync(context => EchoAsync(context, told: null));
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { UpgradeGrace = TimeSpan.FromMinutes(5) }, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var socket = await OpenAsync(router);
        Assert.Equal("before", await EchoedAsync(socket, "before"));
        await router.PutAppAsync(Make.Route("shop", 2));
        Assert.Equal("after", await EchoedAsync(socket, "after"));
        Assert.Equal(new DrainStatus(false, 1), await router.DrainedAsync("c1", wait: 0));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal(new DrainStatus(true, 0), await router.DrainedAsync("c1"));
    }

    [Fact]
    public async Task A_websocket_is_closed_on_both_sides_when_its_grace_is_over()
    {
        var told = new TaskCompletionSource<WebSocketCloseStatus?>();
        await using var backend = await Backend.StartAsync(context => EchoAsync(context, told));
        await using var router = await TestRouter.StartAsync(
            TestRouter.NewSettings() with { UpgradeGrace = TimeSpan.FromMilliseconds(50) }, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var socket = await OpenAsync(router);
        Assert.Equal("before", await EchoedAsync(socket, "before"));
        await router.PutAppAsync(Make.Route("shop", 2));
        using var limit = new CancellationTokenSource(Deadline);
        var heard = await socket.ReceiveAsync(new byte[1000], limit.Token);
        Assert.Equal((WebSocketMessageType.Close, 1012), (heard.MessageType, (int)socket.CloseStatus!));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        Assert.Equal(new DrainStatus(true, 0), await router.DrainedAsync("c1"));
        Assert.Equal(1012, (int)(await told.Task.WaitAsync(Deadline))!);
    }

    private static async Task<int> VisitAsync(TestRouter router, int number, CancellationToken stop)
    {
        var served = 0;
        while (!stop.IsCancellationRequested)
        {
            // Every kind of visitor: short, with a body, answered in pieces.
            var (path, body) = number % 3 == 0 ? ("/pieces", "") : ("/", new string('x', number * 1000));
            using var content = number % 3 == 1 ? new StringContent(body) : null;
            using var answer = await router.SendAsync("shop.localhost", path, content is null ? HttpMethod.Get : HttpMethod.Post, content);
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
            Assert.Equal("served", await answer.Content.ReadAsStringAsync(CancellationToken.None));
            served++;
        }

        return served;
    }

    private static async Task EchoAsync(HttpContext context, TaskCompletionSource<WebSocketCloseStatus?>? told)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1000];
        try
        {
            while (true)
            {
                var said = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (said.MessageType == WebSocketMessageType.Close)
                {
                    told?.SetResult(socket.CloseStatus);
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, said.Count), said.MessageType, said.EndOfMessage, context.RequestAborted);
            }
        }
        catch (WebSocketException)
        {
            // The router ended it.
        }
    }

    private static async Task<ClientWebSocket> OpenAsync(TestRouter router)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "shop.localhost");
        using var limit = new CancellationTokenSource(Deadline);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/"), limit.Token);
        return socket;
    }

    private static async Task<string> EchoedAsync(ClientWebSocket socket, string text)
    {
        using var limit = new CancellationTokenSource(Deadline);
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var buffer = new byte[1000];
        var heard = await socket.ReceiveAsync(buffer, limit.Token);
        return Encoding.UTF8.GetString(buffer, 0, heard.Count);
    }

    /// <summary>A dyno that knows whether it may still be asked.</summary>
    private sealed class Dyno : IAsyncDisposable
    {
        private Backend? backend;
        private int served;
        private int inFlight;
        private int late;
        private volatile bool open = true;

        public string Address => backend!.Address;

        public int Served => Volatile.Read(ref served);

        public int InFlight => Volatile.Read(ref inFlight);

        public int Late => Volatile.Read(ref late);

        public bool Open
        {
            get => open;
            set => open = value;
        }

        public static async Task<Dyno> StartAsync()
        {
            var dyno = new Dyno();
            dyno.backend = await Backend.StartAsync(dyno.ServeAsync);
            return dyno;
        }

        public ValueTask DisposeAsync() => backend!.DisposeAsync();

        private async Task ServeAsync(HttpContext context)
        {
            Interlocked.Increment(ref inFlight);
            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(Random.Shared.Next(3));
            Interlocked.Add(ref late, open ? 0 : 1);
            Interlocked.Increment(ref served);
            var text = "served";
            if (context.Request.Path == "/pieces")
            {
                await context.Response.WriteAsync("ser");
                text = "ved";
            }

            // The answer's last byte is what ends a request for the router, so this one has to be counted off before.
            Interlocked.Decrement(ref inFlight);
            await context.Response.WriteAsync(text);
        }
    }
}
