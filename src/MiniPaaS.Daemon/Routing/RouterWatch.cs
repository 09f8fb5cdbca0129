using System.Collections.Concurrent;
using System.Collections.Immutable;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>
/// Listens to what routers tell: their request logs, and which dynos they set aside. Everything here is a hint; a router that
/// says nothing, or nonsense, holds nothing up.
/// </summary>
internal sealed partial class RouterWatch(RouterLink routers, Database database, LogBook logs, TimeProvider time, ILogger<RouterWatch> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, RouterLog> readers = new(StringComparer.Ordinal);
    private volatile ImmutableDictionary<string, UnhealthyTarget> unresponsive = ImmutableDictionary<string, UnhealthyTarget>.Empty;

    /// <summary>Dynos that some router has set aside, by container id.</summary>
    public IReadOnlyDictionary<string, UnhealthyTarget> Unresponsive => unresponsive;

    /// <summary>Looks at every router about once per second, until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        // What dynos printed while no daemon ran is fetched from when their log was last written: nothing may be written before.
        await routers.Completed.WaitAsync(ct);
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                await LookAsync(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                LogLookFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Metrics of every router that answers, by its name.</summary>
    public async Task<ImmutableArray<(string Router, string Text)>> MetricsAsync(CancellationToken ct)
    {
        var texts = await Task.WhenAll(routers.Listening().Order(StringComparer.Ordinal).Select(async socket =>
        {
            using var router = new RouterClient(socket);
            try
            {
                return (router.Name, Text: await router.MetricsAsync(ct));
            }
            catch (Exception e) when (RouterClient.IsTrouble(e, ct))
            {
                return (router.Name, Text: "");
            }
        }));
        return [.. texts.Where(one => one.Text.Length > 0)];
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var sockets = routers.Listening().ToArray();
        foreach (var socket in sockets.Where(socket => !readers.ContainsKey(socket)))
        {
            readers[socket] = new RouterLog(socket, database, logs, log);
            _ = ReadAsync(socket, ct);
        }

        var reports = await Task.WhenAll(sockets.Select(socket => ReportAsync(socket, ct)));
        await CompareAsync(reports.SelectMany(report => report).DistinctBy(dyno => dyno.Target).ToImmutableDictionary(dyno => dyno.Target), ct);
    }

    private async Task ReadAsync(string socket, CancellationToken ct)
    {
        try
        {
            while (File.Exists(socket))
            {
                await readers[socket].ReadAsync(ct);
                await Task.Delay(Pause, time, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // the daemon stops
        }
        catch (Exception e)
        {
            LogReaderBroke(e, socket);
        }
        finally
        {
            readers.TryRemove(socket, out _);
        }
    }

    private static async Task<ImmutableArray<UnhealthyTarget>> ReportAsync(string socket, CancellationToken ct)
    {
        using var router = new RouterClient(socket);
        try
        {
            var status = await router.StatusAsync(ct);
            return status.Unhealthy.IsDefault ? [] : status.Unhealthy;
        }
        catch (Exception e) when (RouterClient.IsTrouble(e, ct))
        {
            return []; // the link tells of routers in trouble
        }
    }

    private async Task CompareAsync(ImmutableDictionary<string, UnhealthyTarget> now, CancellationToken ct)
    {
        var before = unresponsive;
        unresponsive = now;
        foreach (var dyno in now.Values.Where(dyno => !before.ContainsKey(dyno.Target)))
        {
            Say(dyno, $"{dyno.Dyno} set aside: {dyno.Reason.TrimEnd('.')}");
        }

        foreach (var dyno in before.Values.Where(dyno => !now.ContainsKey(dyno.Target)))
        {
            // One that left the routes has not recovered.
            if (await routers.CurrentAsync(dyno.App, ct) is { } route
                && route.Targets.Concat(route.Split?.Targets ?? []).Any(target => target.Id == dyno.Target))
            {
                Say(dyno, $"{dyno.Dyno} answers again");
            }
        }
    }

    private void Say(UnhealthyTarget dyno, string line)
    {
        if (database.Read(db => AppTable.Find(db, dyno.App)) is { } app)
        {
            logs.Platform(app.Id, "router", line);
        }
    }

    [LoggerMessage(303, LogLevel.Error, "The request log of the router at {Socket} could not be read, opening it again")]
    private partial void LogReaderBroke(Exception e, string socket);

    [LoggerMessage(306, LogLevel.Error, "Looking at the routers failed; trying again")]
    private partial void LogLookFailed(Exception e);
}
