namespace MiniPaaS.Docker;

/// <summary>Carries output to its taker in the background until it ends, or until it is quiet and no longer wanted.</summary>
internal sealed class OutputPump : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _pumping;
    private int _delivering;
    private long _frames;

    public OutputPump(OutputStream stream, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? output, CancellationToken ct)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _pumping = PumpAsync(stream, output, _stop.Token);
    }

    /// <summary>True once the output has ended; a failure of the stream or of the taker is thrown here.</summary>
    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct)
    {
        await Task.WhenAny(_pumping, Task.Delay(atMost, ct));
        ct.ThrowIfCancellationRequested();
        if (!_pumping.IsCompleted)
            return false;
        await _pumping;
        return true;
    }

    /// <summary>Delivers what still comes until nothing has come for <paramref name="quiet"/>; a slow taker is waited for.</summary>
    public async Task DrainAsync(TimeSpan quiet, CancellationToken ct)
    {
        long seen;
        do
        {
            seen = Volatile.Read(ref _frames);
            if (await WaitAsync(quiet, ct))
                return;
        }
        while (Volatile.Read(ref _delivering) != 0 || Volatile.Read(ref _frames) != seen);
        await _stop.CancelAsync();
        try
        {
            await _pumping;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Ours: the rest of the output belongs to processes nobody waits for.
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task PumpAsync(
        OutputStream stream, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? output, CancellationToken ct)
    {
        while (await stream.ReadAsync(ct) is { } frame)
        {
            Volatile.Write(ref _delivering, 1);
            Volatile.Write(ref _frames, _frames + 1);
            if (output is not null)
                await output(frame.Data, ct);
            Volatile.Write(ref _delivering, 0);
        }
    }
}
