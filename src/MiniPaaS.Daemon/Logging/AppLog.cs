using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;

namespace MiniPaaS.Daemon.Logging;

/// <summary>
/// The log of one app: a few files of bounded size that outlive its containers, and the readers that follow it.
/// Every line is handed to the kernel at once; a reader that is too slow loses the oldest lines, the app is never held up.
/// </summary>
internal sealed class AppLog(string folder) : IDisposable
{
    private const long FileSize = 4 << 20;
    private const int FileCount = 5;
    private const int Backlog = 8192;

    private readonly Lock gate = new();
    private readonly HashSet<Channel<string>> followers = [];
    private FileStream? current;

    /// <summary>When the last line was written, or null for an empty log.</summary>
    public DateTimeOffset? LastWrite => File.Exists(PathOf(0)) ? new DateTimeOffset(File.GetLastWriteTimeUtc(PathOf(0))) : null;

    public void Append(IReadOnlyList<string> lines)
    {
        // A carriage return inside of a line (a progress bar) would end it for whoever reads it.
        lines = [.. lines.Select(line => line.Replace('\r', ' ').Replace('\n', ' '))];
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        lock (gate)
        {
            var file = Writable();
            file.Write(bytes);
            file.Flush();
            foreach (var follower in followers)
            {
                foreach (var line in lines)
                {
                    follower.Writer.TryWrite(line);
                }
            }
        }
    }

    /// <summary>The last lines that satisfy the filter, oldest first.</summary>
    public ImmutableArray<string> Last(int count, Func<string, bool> filter)
    {
        lock (gate)
        {
            return Newest(count, filter);
        }
    }

    /// <summary>The lines after the one of a time that satisfy the filter; all that are left when it is gone.</summary>
    public ImmutableArray<string> After(string time, Func<string, bool> filter)
    {
        lock (gate)
        {
            return NewerThan(time, filter);
        }
    }

    /// <summary>Gives every line that is written from now on; dispose the result to stop.</summary>
    /// <param name="dropped">Told of every line that was lost because the reader is too slow; null when nobody counts them.</param>
    public LogReader Read(Action? dropped)
    {
        lock (gate)
        {
            return Read_NeedsLock(dropped);
        }
    }

    /// <summary>The last lines and then every new one until cancelled: none is missed or given twice in between.</summary>
    public IAsyncEnumerable<string> FollowAsync(int count, Func<string, bool> filter, CancellationToken ct) =>
        FollowAsync(() => Newest(count, filter), filter, ct);

    /// <summary>The lines after the one of a time, and then every new one until cancelled.</summary>
    public IAsyncEnumerable<string> FollowAfterAsync(string time, Func<string, bool> filter, CancellationToken ct) =>
        FollowAsync(() => NewerThan(time, filter), filter, ct);

    private async IAsyncEnumerable<string> FollowAsync(
        Func<ImmutableArray<string>> read, Func<string, bool> filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        ImmutableArray<string> past;
        LogReader reader;
        lock (gate)
        {
            past = read();
            reader = Read_NeedsLock(dropped: null);
        }

        using (reader)
        {
            foreach (var line in past)
            {
                yield return line;
            }

            await foreach (var line in reader.Lines.ReadAllAsync(ct))
            {
                if (filter(line))
                {
                    yield return line;
                }
            }
        }
    }

    private LogReader Read_NeedsLock(Action? dropped)
    {
        var channel = Channel.CreateBounded<string>(
            new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest }, _ => dropped?.Invoke());
        followers.Add(channel);
        return new LogReader(channel.Reader, () =>
        {
            lock (gate)
            {
                followers.Remove(channel);
            }
        });
    }

    public void Dispose()
    {
        lock (gate)
        {
            current?.Dispose();
            current = null;
            foreach (var follower in followers)
            {
                follower.Writer.TryComplete();
            }
        }
    }

    private ImmutableArray<string> Newest(int count, Func<string, bool> filter)
    {
        var lines = new List<string>();
        for (var number = 0; number < FileCount && lines.Count < count; number++)
        {
            if (File.Exists(PathOf(number)))
            {
                lines.InsertRange(0, File.ReadLines(PathOf(number)).Where(filter));
            }
        }

        return [.. lines.Skip(Math.Max(0, lines.Count - count))];
    }

    // Router lines have times of their own, so lines do not lie in the order of their times: the one asked for is looked for as it is.
    private ImmutableArray<string> NewerThan(string time, Func<string, bool> filter)
    {
        var lines = new List<string>();
        for (var number = 0; number < FileCount; number++)
        {
            var file = File.Exists(PathOf(number)) ? File.ReadAllLines(PathOf(number)) : [];
            var at = Array.FindLastIndex(file, line => line.StartsWith(time, StringComparison.Ordinal));
            lines.InsertRange(0, file[(at + 1)..].Where(filter));
            if (at >= 0)
            {
                break;
            }
        }

        return [.. lines];
    }

    private string PathOf(int number) => Path.Combine(folder, $"{number}.log");

    private FileStream Writable()
    {
        if (current is { Length: >= FileSize })
        {
            current.Dispose();
            current = null;
            for (var number = FileCount - 2; number >= 0; number--)
            {
                if (File.Exists(PathOf(number)))
                {
                    File.Move(PathOf(number), PathOf(number + 1), overwrite: true);
                }
            }
        }

        if (current is null)
        {
            Directory.CreateDirectory(folder);
            current = new FileStream(PathOf(0), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        }

        return current;
    }
}

/// <summary>New lines of a log, as they are written.</summary>
/// <param name="Lines">The lines; completed when the log is closed.</param>
/// <param name="Close">Ends it.</param>
internal sealed record LogReader(ChannelReader<string> Lines, Action Close) : IDisposable
{
    public void Dispose() => Close();
}
