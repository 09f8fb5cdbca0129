using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// What the build container writes, cut into lines for the log. Beyond its limit it is read on but dropped, as a full pipe would stop
/// the build; a flood ends the build, as reading it costs the host as much as writing it costs the build.
/// </summary>
/// <param name="log">Told the lines.</param>
/// <param name="limit">Bytes that are shown.</param>
/// <param name="flood">Bytes that end the build.</param>
internal sealed class BuildOutput(BuildLog log, long limit, long flood = long.MaxValue)
{
    private readonly LineSplitter lines = new();
    private readonly SecretMask.Stream output = log.Mask.Begin();
    private readonly SecretMask.Stream errors = log.Mask.Begin();
    private long written;

    /// <summary>Shows what has come.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="isError">True for what was written to stderr: what is cut in two there is not put together with stdout's.</param>
    /// <exception cref="BuildRejectedException">It has become a flood.</exception>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> data, bool isError = false)
    {
        var before = written;
        written += data.Length;
        if (written > flood)
        {
            var reason = $"The build wrote more than {ByteSize.Format(flood)} of output, and was ended.";
            throw new BuildRejectedException(reason, reason, "Have its programs say less: they may write without end because they ask a question in vain.");
        }

        if (before > limit)
        {
            return;
        }

        // To the byte: how much comes at once is the engine's choice.
        var shown = data[..(int)Math.Min(limit - before, data.Length)];
        await ShowAsync((isError ? errors : output).Add(shown.Span));
        if (written > limit)
        {
            await ShowAsync(output.Flush());
            await ShowAsync(errors.Flush());
            lines.Flush();
            await log.ErrorAsync($"The build wrote more than {ByteSize.Format(limit)}; the rest of its output is not shown.");
        }
    }

    /// <summary>Shows an unfinished last line.</summary>
    public async ValueTask CompleteAsync()
    {
        await ShowAsync(output.Flush());
        await ShowAsync(errors.Flush());
        if (lines.Flush() is { } last)
        {
            await log.WriteAsync(last);
        }
    }

    // Masked before it is cut: a long line is cut anywhere.
    private async ValueTask ShowAsync(byte[] shown)
    {
        await log.WriteAsync(lines.Add(shown));
    }
}

/// <summary>Sizes as Heroku shows them: one decimal and a letter.</summary>
internal static class ByteSize
{
    public static string Format(long bytes) =>
        bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):0.0}G"
        : bytes >= 1L << 20 ? $"{bytes / (double)(1L << 20):0.0}M"
        : $"{bytes / (double)(1L << 10):0.0}K";
}
