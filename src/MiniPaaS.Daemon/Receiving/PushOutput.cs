using System.Text;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Lines for the pusher. Once nobody reads them any more they are dropped: a deployment does not depend on its audience.</summary>
/// <param name="stream">Where they go.</param>
/// <param name="patience">How long nobody may read before they are dropped.</param>
/// <param name="frame">Puts a line into the form that its reader knows; null: as it is.</param>
internal sealed class PushOutput(Stream stream, TimeSpan patience, Func<string, string>? frame = null) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private bool gone;

    /// <summary>Shows a line at once; may be called from several tasks.</summary>
    /// <param name="line">Text without a line end.</param>
    public ValueTask WriteLineAsync(string line) => WriteAsync(frame is null ? line : frame(line));

    /// <summary>Shows a line that is in its form already.</summary>
    public async ValueTask WriteAsync(string line)
    {
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            if (!gone)
            {
                using var deadline = new CancellationTokenSource(patience);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), deadline.Token);
                await stream.FlushAsync(deadline.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            gone = true;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
