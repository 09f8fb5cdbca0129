using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Building;

/// <summary>What the build container writes, cut into lines for the log. Beyond its limit it is read on but dropped, as a full pipe would stop the build.</summary>
internal sealed class BuildOutput(BuildLog log, long limit)
{
    private readonly LineSplitter lines = new();
    private readonly SecretMask.Stream output = log.Mask.Begin();
    private readonly SecretMask.Stream errors = log.Mask.Begin();
    private long written;

    /// <summary>Shows what has come.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="isError">True for what was written to stderr: what is cut in two there is not put together with stdout's.</param>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> data, bool isError = false)
    {
        if (written > limit)
        {
            return;
        }

        // To the byte: how much comes at once is the engine's choice.
        var shown = data[..(int)Math.Min(limit - written, data.Length)];
        written += data.Length;
        await ShowAsync((isError ? errors : output).Add(shown.Span));
    }

    /// <summary>Shows an unfinished last line, and says when something was dropped.</summary>
    public async ValueTask CompleteAsync()
    {
        await ShowAsync(output.Flush());
        await ShowAsync(errors.Flush());
        if (written > limit)
        {
            await log.ErrorAsync($"The build wrote more than {ByteSize.Format(limit)}; the rest of its output is not shown.");
        }
        else if (lines.Flush() is { } last)
        {
            await log.WriteAsync(last);
        }
    }

    // Masked before it is cut: a long line is cut anywhere.
    private async ValueTask ShowAsync(byte[] shown)
    {
        foreach (var line in lines.Add(shown))
        {
            await log.WriteAsync(line);
        }
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
