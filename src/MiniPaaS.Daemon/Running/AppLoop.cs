namespace MiniPaaS.Daemon.Running;

/// <summary>Runs one app's passes: one at a time, and once more when woken during a pass, however often.</summary>
internal sealed class AppLoop(Func<CancellationToken, Task> pass, Action<Exception> failed, Func<CancellationToken> stopping)
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private int wanted;

    public AppDynos Dynos { get; } = new();

    public void Wake()
    {
        if (Interlocked.Exchange(ref wanted, 1) == 0)
        {
            _ = RunOnceAsync(stopping());
        }
    }

    public void WakeAt(TimeSpan delay) =>
        _ = Task.Delay(delay < TimeSpan.Zero ? TimeSpan.Zero : delay + TimeSpan.FromMilliseconds(10), stopping())
            .ContinueWith(_ => Wake(), stopping(), TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

    /// <summary>Waits for the pass under way, then runs one that sees everything that was true at the call.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        try
        {
            await turn.WaitAsync(ct);
            try
            {
                // Cleared before the pass reads anything: a later wake asks for one more.
                Interlocked.Exchange(ref wanted, 0);
                await pass(ct);
            }
            finally
            {
                turn.Release();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // The engine or a router may be away for a moment; the loop is the retry.
            failed(e);
            WakeAt(TimeSpan.FromSeconds(1));
        }
    }
}
