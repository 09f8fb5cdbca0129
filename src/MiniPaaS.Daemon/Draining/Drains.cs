using System.Collections.Concurrent;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Draining;

/// <summary>Keeps one run for every drain there is a row of.</summary>
internal sealed class Drains(Database database, LogBook logs, DrainSocket socket, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<long, (DrainRun Run, CancellationTokenSource End, Task Task)> runs = new();
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>How a drain does; null for one that has no run yet.</summary>
    public DrainFigures? FiguresOf(long drain) => runs.TryGetValue(drain, out var one) ? one.Run.Figures : null;

    /// <summary>Follows the rows until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var seen = -1L;
        try
        {
            do
            {
                // Commits first: what is committed while the rows are read is seen the next time.
                var commits = database.Commits;
                if (commits != seen)
                {
                    await RefreshAsync();
                    seen = commits;
                }
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        finally
        {
            await Task.WhenAll(runs.Keys.Select(EndAsync));
        }
    }

    /// <summary>Brings the runs in line with the rows now: lines written after it are sent.</summary>
    public async Task RefreshAsync()
    {
        await gate.WaitAsync();
        try
        {
            var drains = database.Read(LogDrainTable.All).ToDictionary(drain => drain.Id);
            foreach (var gone in runs.Keys.Where(id => !drains.ContainsKey(id)).ToArray())
            {
                await EndAsync(gone);
            }

            foreach (var drain in drains.Values.Where(drain => !runs.ContainsKey(drain.Id)))
            {
                Begin(drain);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    private void Begin(LogDrain drain)
    {
        if (DrainAddress.TryParse(drain.Url, out var address, out _))
        {
            var end = new CancellationTokenSource();
            var run = new DrainRun(drain, logs.Of(drain.AppId), DrainSender.To(address, drain.Token, socket), time);
            runs[drain.Id] = (run, end, run.RunAsync(end.Token));
        }
    }

    private async Task EndAsync(long id)
    {
        if (runs.TryRemove(id, out var one))
        {
            await one.End.CancelAsync();
            await one.Task;
            one.End.Dispose();
        }
    }
}
