using System.Threading.Channels;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Lets work that cannot wait say its lines: they are queued and shown in order.</summary>
internal sealed class PushLines
{
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();
    private readonly Task shown;

    public PushLines(PushOutput output) => shown = ShowAsync(output);

    public void Say(string line) => lines.Writer.TryWrite(line);

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
        }
    }
}
