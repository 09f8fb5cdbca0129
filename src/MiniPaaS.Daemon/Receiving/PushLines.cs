using System.Threading.Channels;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Lets work that cannot wait say its lines: they are queued and shown in order. What comes faster than it can be shown is left out.</summary>
internal sealed class PushLines
{
    private const int MostWaiting = 1000;
    private readonly Channel<string> lines = Channel.CreateBounded<string>(MostWaiting);
    private readonly Task shown;
    private long left;

    public PushLines(PushOutput output) => shown = ShowAsync(output);

    /// <summary>Queues a line.</summary>
    public void Say(string line)
    {
        if (!lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref left);
        }
    }

    /// <summary>Completes when everything said has been shown.</summary>
    public Task FinishAsync()
    {
        lines.Writer.TryComplete();
        return shown;
    }

    private async Task ShowAsync(PushOutput output)
    {
        await foreach (var line in lines.Reader.ReadAllAsync())
        {
            await output.WriteLineAsync($"       {line}");
            if (lines.Reader.Count == 0)
            {
                await TellLeftAsync(output);
            }
        }

        await TellLeftAsync(output);
    }

    private async ValueTask TellLeftAsync(PushOutput output)
    {
        if (Interlocked.Exchange(ref left, 0) is > 0 and var count)
        {
            await output.WriteLineAsync($" !     {count} lines came too fast to be shown here; the app's log has the last of them (paas logs).");
        }
    }
}
