using System.Threading.Channels;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Draining;

/// <summary>How a drain does since the daemon started.</summary>
/// <param name="Delivered">Lines that its receiver has taken.</param>
/// <param name="Dropped">Lines given up: the receiver was too slow or away, or has refused them.</param>
/// <param name="Error">Why the last attempt failed; null when it went well.</param>
internal sealed record DrainFigures(long Delivered, long Dropped, string? Error);

/// <summary>Sends the lines of one app to one receiver from now on, in order; one that cannot follow loses the oldest, and is told so.</summary>
internal sealed class DrainRun(LogDrain drain, AppLog log, DrainSender sender, TimeProvider time)
{
    private const int BatchSize = 500;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private long delivered;
    private long dropped;
    private long told;
    private string? error;

    public DrainFigures Figures => new(Interlocked.Read(ref delivered), Interlocked.Read(ref dropped), Volatile.Read(ref error));

    /// <summary>Runs until cancelled, or until the app is gone.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var reader = log.Read(() => Interlocked.Increment(ref dropped));
        try
        {
            while (await reader.Lines.WaitToReadAsync(ct))
            {
                await DeliverAsync(Batch(reader.Lines), ct);
            }
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            // removed, or the daemon stops
        }
        finally
        {
            sender.Dispose();
        }
    }

    private List<string> Batch(ChannelReader<string> lines)
    {
        var batch = new List<string>();
        if (Interlocked.Read(ref dropped) is var now && now > told)
        {
            batch.Add($"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.ffffffzzz} paas[logplex]: Error L10 (output buffer overflow): drain '{drain.Token}' dropped {now - told} messages");
            told = now;
        }

        while (batch.Count < BatchSize && lines.TryRead(out var line))
        {
            batch.Add(line);
        }

        return batch;
    }

    private async Task DeliverAsync(List<string> batch, CancellationToken ct)
    {
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            try
            {
                await sender.SendAsync(batch, ct);
                Interlocked.Add(ref delivered, batch.Count);
                Volatile.Write(ref error, null);
                return;
            }
            catch (DrainRefusedException e)
            {
                Interlocked.Add(ref dropped, batch.Count);
                Volatile.Write(ref error, e.Message);
                await Task.Delay(FirstPause, time, ct);
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                Volatile.Write(ref error, e.Message);
                await Task.Delay(pause, time, ct);
            }
        }
    }
}
