using System.Net;
using System.Net.WebSockets;
using System.Text;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>What "drained" and "in force" promise, under thousands of changes and every kind of visitor.</summary>
public sealed class ExactnessTests
{
    private const int Apps = 4;
    private const int ChangesPerApp = 520;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_thousand_flips_and_scalings_lose_no_request_and_let_none_reach_a_drained_dyno()
    {
        await using var router = await TestRouter.StartAsync(TestRouter.NewSettings() with { UpgradeGrace = TimeSpan.FromMilliseconds(5) });
        var apps = await Task.WhenAll(Enumerable.Range(0, Apps).Select(number => ChangingApp.StartAsync($"app{number}", router)));
        using var stop = new CancellationTokenSource();
        var visitors = apps.SelectMany(app => Visitors.Of(router, app.Host, stop.Token)).ToArray();

        var changing = apps.Select(app => app.ChangeAsync(ChangesPerApp)).ToArray();
        var firstToEnd = await Task.WhenAny([Task.WhenAll(changing), .. visitors]);
        await stop.CancelAsync();
        await firstToEnd;
        await Task.WhenAll(changing);
        var answered = (await Task.WhenAll(visitors).WaitAsync(Deadline)).Sum(visits => visits.Answered);

        Assert.Equal(0, apps.Sum(app => app.Late));
        Assert.Equal(answered, apps.Sum(app => app.Served));
        Assert.All(visitors, visitor => Assert.True(visitor.Result.Times > 20, $"{visitor.Result} is too little to prove anything"));
        foreach (var app in apps)
        {
            await app.DisposeAsync();
        }
    }

    /// <summary>An app with four dynos, of which other ones serve after every change.</summary>
    private sealed class ChangingApp(string name, TestRouter router, CountingDyno[] dynos) : IAsyncDisposable
    {
        private readonly Random random = new(name[^1]);
        private List<CountingDyno> live = [];
        private int version;

        public string Host => $"{name}.localhost";

        public int Late => dynos.Sum(dyno => dyno.Late);

        public int Served => dynos.Sum(dyno => dyno.Served);

        public static async Task<ChangingApp> StartAsync(string name, TestRouter router)
        {
            var app = new ChangingApp(name, router, await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CountingDyno.StartAsync())));
            await app.RouteAsync([app.Start(app.IdleDynos()[0])]);
            return app;
        }

        /// <summary>Flips and scales; after each change the dynos that left must be drained and are never to be asked again.</summary>
        public async Task ChangeAsync(int times)
        {
            for (var change = 0; change < times; change++)
            {
                var left = await (change % 3 == 0 ? ScaleAsync() : FlipAsync());
                foreach (var dyno in left)
                {
                    Assert.Equal(new DrainStatus(true, 0), await router.DrainedAsync(dyno.Id));
                    dyno.Close();
                    Assert.Equal(0, dyno.InFlight);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var dyno in dynos)
            {
                await dyno.DisposeAsync();
            }
        }

        // All that serve are replaced by one or two others.
        private async Task<List<CountingDyno>> FlipAsync()
        {
            var before = live;
            var idle = IdleDynos();
            await RouteAsync([.. idle.Take(random.Next(1, Math.Min(idle.Length, 2) + 1)).Select(Start)]);
            return before;
        }

        // One more, or one less; the others stay what they are.
        private async Task<List<CountingDyno>> ScaleAsync()
        {
            if (live.Count == 1)
            {
                await RouteAsync([.. live, Start(IdleDynos()[0])]);
                return [];
            }

            var gone = live[random.Next(live.Count)];
            await RouteAsync([.. live.Where(dyno => dyno != gone)]);
            return [gone];
        }

        private CountingDyno[] IdleDynos() => [.. dynos.Except(live).OrderBy(_ => random.Next())];

        private CountingDyno Start(CountingDyno dyno)
        {
            dyno.Open($"{name}-{version + 1}-{Array.IndexOf(dynos, dyno)}");
            return dyno;
        }

        private async Task RouteAsync(List<CountingDyno> wanted)
        {
            version++;
            await router.PutAppAsync(Make.Route(name, version, [.. wanted.Select(dyno => Make.Target(dyno.Id, dyno.Address))]));
            live = wanted;
        }
    }
}

/// <summary>What a visitor did: times that he came, and requests among them that a dyno counts.</summary>
internal sealed record Visits(string Kind, int Times, int Answered);

/// <summary>Every kind of visitor, each until he is stopped; the first thing that is not as it should be fails his task.</summary>
internal static class Visitors
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static IEnumerable<Task<Visits>> Of(TestRouter router, string host, CancellationToken stop) =>
    [
        RepeatAsync("short", () => ShortAsync(router, host), stop),
        RepeatAsync("keep-alive", () => KeptAsync(router, host, "/", null), stop),
        RepeatAsync("streaming", () => KeptAsync(router, host, "/pieces", null), stop),
        RepeatAsync("upload", () => KeptAsync(router, host, "/", new byte[50_000]), stop),
        TalkAsync(router, host, stop),
    ];

    private static async Task<Visits> RepeatAsync(string kind, Func<Task> visit, CancellationToken stop)
    {
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            await visit().WaitAsync(Deadline, CancellationToken.None);
            count++;
        }

        return new Visits(kind, count, count);
    }

    private static async Task ShortAsync(TestRouter router, string host)
    {
        await using var connection = await RawClient.ConnectAsync(router.Port);
        await connection.SayAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        var heard = await new StreamReader(connection).ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 ", heard, StringComparison.Ordinal);
        Assert.Contains("0 bytes", heard, StringComparison.Ordinal);
    }

    private static async Task KeptAsync(TestRouter router, string host, string path, byte[]? body)
    {
        // Of unknown length, so that it is sent on while it comes.
        using var content = body is null ? null : new StreamContent(new MemoryStream(body), 4096);
        if (content is not null)
        {
            content.Headers.ContentLength = null;
        }

        using var answer = await router.SendAsync(host, path, body is null ? HttpMethod.Get : HttpMethod.Post, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
        Assert.EndsWith($"{body?.Length ?? 0} bytes", text, StringComparison.Ordinal);
    }

    // Talks until told that his dyno goes away, then comes again.
    private static async Task<Visits> TalkAsync(TestRouter router, string host, CancellationToken stop)
    {
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(Deadline);
            using var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Host", host);
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/"), limit.Token);
            for (var said = 0; await EchoesAsync(socket, $"word {said}", limit.Token) && !stop.IsCancellationRequested; said++)
            {
                await Task.Delay(1, CancellationToken.None);
            }

            if (socket.State == WebSocketState.CloseReceived)
            {
                Assert.True(socket.CloseStatus is (WebSocketCloseStatus)1001 or (WebSocketCloseStatus)1012, $"closed with {socket.CloseStatus}");
                await AnswerCloseAsync(socket, limit.Token);
            }
            else
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            }

            count++;
        }

        return new Visits("websocket", count, 0);
    }

    private static async Task AnswerCloseAsync(ClientWebSocket socket, CancellationToken cancel)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
        }
        catch (WebSocketException)
        {
            // The dyno may have hung up already, having heard the same.
        }
    }

    // False when the other side closes instead.
    private static async Task<bool> EchoesAsync(ClientWebSocket socket, string word, CancellationToken cancel)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, cancel);
        var buffer = new byte[100];
        var heard = await socket.ReceiveAsync(buffer, cancel);
        if (heard.MessageType == WebSocketMessageType.Close)
        {
            return false;
        }

        Assert.Equal(word, Encoding.UTF8.GetString(buffer, 0, heard.Count));
        return true;
    }
}
