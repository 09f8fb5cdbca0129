using System.Text;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Lines for the pusher. Once nobody reads them any more they are dropped: a deployment does not depend on its audience.</summary>
internal sealed class PushOutput(Stream stream, TimeSpan patience) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private bool gone;

    /// <summary>Shows a line at once; may be called from several tasks.</summary>
    /// <param name="line">Text without a line end.</param>
    public async ValueTask WriteLineAsync(string line)
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
