using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;
using MiniPaaS.Tests.Router;

namespace MiniPaaS.Tests.Routing;

/// <summary>The daemon's side of routers, against servers that play a router on a real socket.</summary>
public sealed class RouterWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mp-");
    private readonly CancellationTokenSource stop = new();
    private Database database = null!;
    private LogBook logs = null!;
    private RouterLink link = null!;
    private RouterWatch watch = null!;
    private Task watching = Task.CompletedTask;
    private long app;

    public async Task InitializeAsync()
    {
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        app = (await database.WriteAsync(db => AppTable.Insert(db, Sample.Name("shop"), null, "shop.localhost", DateTimeOffset.UnixEpoch), default))!.Id;
        logs = new LogBook(Path.Combine(folder.FullName, "logs"), TimeProvider.System);
        Directory.CreateDirectory(Sockets);
        var certificates = new CertificateLink(() => new CertificateSet([]), NullLogger<CertificateLink>.Instance);
        link = new RouterLink(Sockets, certificates, TimeProvider.System, NullLogger<RouterLink>.Instance);
        watch = new RouterWatch(link, database, logs, TimeProvider.System, NullLogger<RouterWatch>.Instance);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await watching.ContinueWith(_ => { }, TaskScheduler.Default);
        link.Dispose();
        logs.Dispose();
        database.Dispose();
        stop.Dispose();
        folder.Delete(recursive: true);
    }

    private string Sockets => Path.Combine(folder.FullName, "r");

    [Fact]
    public async Task Request_lines_reach_the_logs_of_their_apps_with_the_routers_times_and_reading_goes_on_after_a_break()
    {
        await using var router = new PlayedRouter();
        await router.StartAsync(Path.Combine(Sockets, "a.sock"));
        await BeginAsync();

        await router.Log.Writer.WriteAsync(
            "1795232400123456 shop at=info method=GET path=\"/a\" status=200\n1795232400123457 nobody at=info path=\"/b\"\nnonsense\n");
        await LoggedAsync("2026-11-21T03:40:00.123456+00:00 paas[router]: at=info method=GET path=\"/a\" status=200");
        router.Break();
        await router.Log.Writer.WriteAsync("1795232401000000 shop at=info path=\"/c\"\n");
        await LoggedAsync("2026-11-21T03:40:01.000000+00:00 paas[router]: at=info path=\"/c\"");

        Assert.Equal(2, logs.Of(app).Last(100, _ => true).Length);
        Assert.Equal([$"{app}"], Directory.GetDirectories(Path.Combine(folder.FullName, "logs")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_dyno_that_is_set_aside_and_comes_back_is_told_in_the_log()
    {
        await using var router = new PlayedRouter();
        await router.StartAsync(Path.Combine(Sockets, "a.sock"));
        await BeginAsync();
        await link.PutAsync(Make.Route("shop", 2, Make.Target("c1", "10.0.0.3:5000")), default);

        router.Unhealthy = [new UnhealthyTarget("shop", "c1", "web.1", "Connection refused", DateTimeOffset.UnixEpoch)];
        await LoggedAsync("paas[router]: web.1 set aside: Connection refused");
        Assert.True(watch.Unresponsive.ContainsKey("c1"));
        router.Unhealthy = [];
        await LoggedAsync("paas[router]: web.1 answers again");
        Assert.Empty(watch.Unresponsive);
        Assert.Equal(2, logs.Of(app).Last(100, _ => true).Length);
    }

    [Fact]
    public async Task A_dyno_that_left_the_route_has_not_come_back()
    {
        await using var router = new PlayedRouter();
        await router.StartAsync(Path.Combine(Sockets, "a.sock"));
        await BeginAsync();
        router.Unhealthy = [new UnhealthyTarget("shop", "gone", "web.1", "Connection refused", DateTimeOffset.UnixEpoch)];
        await LoggedAsync("web.1 set aside");
        router.Unhealthy = [];
        await Eventually.TrueAsync(() => watch.Unresponsive.Count == 0);
        var polls = router.Polls;
        await Eventually.TrueAsync(() => router.Polls > polls);
        Assert.Single(logs.Of(app).Last(100, _ => true));
    }

    [Fact]
    public async Task A_router_that_hangs_keeps_no_change_from_the_others_and_nothing_is_called_in_force_without_it()
    {
        await using var router = new PlayedRouter();
        await using var hanging = new PlayedRouter();
        await router.StartAsync(Path.Combine(Sockets, "a.sock"));
        await hanging.StartAsync(Path.Combine(Sockets, "b.sock"));
        await link.CompleteAsync(default);
        Assert.True(await link.HaveAllAsync(default));
        hanging.Hang();

        var put = link.PutAsync(Make.Route("shop", 2), default);

        await Eventually.TrueAsync(() => router.Puts == 1);
        Assert.False(put.IsCompleted);
        Assert.Equal(1, await put.WaitAsync(Deadline));
        Assert.False(await link.HaveAllAsync(default));
    }

    [Fact]
    public async Task A_lame_duck_is_told_of_every_change_and_holds_nothing_up_once_it_is_gone()
    {
        await using var router = new PlayedRouter();
        var lame = new PlayedRouter { LameDuck = true };
        await router.StartAsync(Path.Combine(Sockets, "a.sock"));
        await lame.StartAsync(Path.Combine(Sockets, "b.sock"));
        await link.CompleteAsync(default);

        Assert.Equal(2, await link.PutAsync(Make.Route("shop", 2), default));
        Assert.Equal(1, lame.Puts);
        await lame.DisposeAsync();

        Assert.Equal(1, await link.PutAsync(Make.Route("shop", 3), default).WaitAsync(Deadline));
        await Eventually.TrueAsync(() => link.HaveAllAsync(default).GetAwaiter().GetResult());
        Assert.True(await link.DrainAsync("c1", Deadline, default).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Without_a_router_nothing_is_in_force()
    {
        await link.CompleteAsync(default);
        await link.PutAsync(Make.Route("shop", 2), default);
        Assert.False(await link.HaveAllAsync(default));
        Assert.True(await link.InStepAsync(default));
    }

    private async Task BeginAsync()
    {
        await link.CompleteAsync(default);
        watching = watch.RunAsync(stop.Token);
    }

    private Task LoggedAsync(string text) =>
        Eventually.TrueAsync(() => logs.Of(app).Last(100, _ => true).Any(line => line.Contains(text, StringComparison.Ordinal)));

    /// <summary>A server that answers like a router.</summary>
    private sealed class PlayedRouter : IAsyncDisposable
    {
        private readonly TaskCompletionSource hang = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Backend? server;
        private volatile bool hanging;
        private CancellationTokenSource reading = new();
        private int puts;
        private int polls;

        public Channel<string> Log { get; } = Channel.CreateUnbounded<string>();

        public System.Collections.Immutable.ImmutableArray<UnhealthyTarget> Unhealthy { get; set; } = [];

        public bool LameDuck { get; init; }

        public int Puts => Volatile.Read(ref puts);

        public int Polls => Volatile.Read(ref polls);

        public async Task StartAsync(string socket) => server = await Backend.StartAsync(AnswerAsync, socket);

        public void Hang() => hanging = true;

        public void Break()
        {
            var before = Interlocked.Exchange(ref reading, new CancellationTokenSource());
            before.Cancel();
        }

        public async ValueTask DisposeAsync()
        {
            hang.TrySetResult();
            Break();
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        private async Task AnswerAsync(HttpContext context)
        {
            if (hanging)
            {
                await hang.Task;
                context.Abort();
                return;
            }

            switch (context.Request.Method, context.Request.Path.Value)
            {
                case ("GET", "/log"):
                    await WriteLogAsync(context);
                    break;
                case ("GET", "/status"):
                    var status = new RouterStatus("i1", "0.1.0", 1, 1, 0, 0, true, LameDuck, Unhealthy);
                    await context.Response.WriteAsync(JsonSerializer.Serialize(status, ProtocolJson.Default.RouterStatus));
                    Interlocked.Increment(ref polls);
                    break;
                case ("GET", _):
                    await context.Response.WriteAsync("""{"drained":true,"in_flight":0}""");
                    break;
                default:
                    Interlocked.Add(ref puts, context.Request.Path.StartsWithSegments("/apps") ? 1 : 0);
                    await context.Response.WriteAsync("""{"version":1}""");
                    break;
            }
        }

        private async Task WriteLogAsync(HttpContext context)
        {
            var token = reading.Token;
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, context.RequestAborted);
            try
            {
                await foreach (var text in Log.Reader.ReadAllAsync(either.Token))
                {
                    await context.Response.WriteAsync(text, either.Token);
                    await context.Response.Body.FlushAsync(either.Token);
                }
            }
            catch (OperationCanceledException)
            {
                context.Abort();
            }
        }
    }
}
