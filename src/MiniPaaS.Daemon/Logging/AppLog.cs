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

    /// <summary>The last lines and then every new one until cancelled: none is missed or given twice in between.</summary>
    public async IAsyncEnumerable<string> FollowAsync(
        int count, Func<string, bool> filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest });
        ImmutableArray<string> past;
        lock (gate)
        {
            past = Newest(count, filter);
            followers.Add(channel);
        }

        try
        {
            foreach (var line in past)
            {
                yield return line;
            }

            await foreach (var line in channel.Reader.ReadAllAsync(ct))
            {
                if (filter(line))
                {
                    yield return line;
                }
            }
        }
        finally
        {
            lock (gate)
            {
                followers.Remove(channel);
            }
        }
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
