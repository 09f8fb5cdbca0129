using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace MiniPaaS.Router.Reporting;

/// <summary>
/// A line for every finished request, in the form of Heroku's router log, kept until the control plane fetches it. Writing never
/// waits: what does not fit is dropped and counted.
/// </summary>
internal sealed class RequestLog(TimeProvider time)
{
    /// <summary>Most bytes that wait for a reader: some ten thousand lines.</summary>
    public const int Capacity = 4 << 20;

    private const int LongestLine = 12 << 10;

    // Reading in gulps: one wake-up for many lines.
    private static readonly TimeSpan Gulp = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private ArrayBufferWriter<byte> waiting = new(64 << 10);
    private ArrayBufferWriter<byte> spare = new(64 << 10);
    private TaskCompletionSource? reader;
    private bool completed;
    private long dropped;
    private long droppedUntold;

    /// <summary>Lines dropped since the router started.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    public void Write(in RequestLine line)
    {
        lock (gate)
        {
            if (waiting.WrittenCount > Capacity)
            {
                dropped++;
                droppedUntold++;
                return;
            }

            if (line.TryFormat(waiting.GetSpan(LongestLine), out var length))
            {
                waiting.Advance(length);
            }
            else
            {
                dropped++;
                droppedUntold++;
            }

            if (reader is { } waits)
            {
                reader = null;
                waits.TrySetResult();
            }
        }
    }

    /// <summary>No more lines will come: readers leave once they have the rest.</summary>
    public void Complete()
    {
        lock (gate)
        {
            completed = true;
            reader?.TrySetResult();
        }
    }

    /// <summary>Hands all lines to one reader until it leaves; of two readers each gets a part.</summary>
    public async Task CopyToAsync(PipeWriter output, CancellationToken cancel)
    {
        // The reader learns at once that he is connected.
        await output.FlushAsync(cancel);
        while (await WaitAsync(cancel))
        {
            if (!completed)
            {
                await Task.Delay(Gulp, time, cancel);
            }

            var gulp = Take();
            try
            {
                output.Write(gulp.WrittenSpan);
                await output.FlushAsync(cancel);
            }
            catch
            {
                Lose(gulp);
                throw;
            }

            gulp.ResetWrittenCount();
            lock (gate)
            {
                spare = gulp;
            }
        }
    }

    // The reader left with them half read.
    private void Lose(ArrayBufferWriter<byte> gulp)
    {
        var lines = gulp.WrittenSpan.Count((byte)'\n');
        lock (gate)
        {
            dropped += lines;
            droppedUntold += lines;
        }
    }

    // False when nothing more will come.
    private async ValueTask<bool> WaitAsync(CancellationToken cancel)
    {
        Task signal;
        lock (gate)
        {
            if (waiting.WrittenCount > 0 || droppedUntold > 0 || completed)
            {
                return waiting.WrittenCount > 0 || droppedUntold > 0;
            }

            reader ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            signal = reader.Task;
        }

        await signal.WaitAsync(cancel);
        return true;
    }

    private ArrayBufferWriter<byte> Take()
    {
        lock (gate)
        {
            var full = waiting;
            waiting = spare;
            spare = new ArrayBufferWriter<byte>();
            if (droppedUntold > 0)
            {
                var told = Encoding.ASCII.GetBytes($"{RequestLine.Stamp(time.GetUtcNow())} - dropped={droppedUntold}\n");
                full.Write(told);
                droppedUntold = 0;
            }

            return full;
        }
    }
}
