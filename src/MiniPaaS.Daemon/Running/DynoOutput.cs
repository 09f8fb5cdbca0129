using System.Collections.Concurrent;
using System.Collections.Immutable;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>Carries what dynos print into the logs, always draining: a dyno must never wait for its reader.</summary>
internal sealed partial class DynoOutput(DockerClient docker, LogBook logs, ILogger<DynoOutput> log)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    // Of a dyno that fails, its developer sees this many lines at once.
    private const int TailLength = 20;

    private readonly ConcurrentDictionary<string, Task> pumps = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> tails = new();

    /// <summary>Starts following a container that has not been started yet.</summary>
    public async Task AttachAsync(string id, long appId, string dyno, CancellationToken ct)
    {
        var stream = await docker.AttachAsync(id, ct);
        pumps[id] = PumpAsync(id, stream, appId, dyno, copy: null);
    }

    /// <summary>Follows a container that has run while nobody listened, from the moment given.</summary>
    public async Task ResumeAsync(string id, long appId, string dyno, DateTimeOffset since, CancellationToken ct)
    {
        if (pumps.ContainsKey(id))
        {
            return;
        }

        var stream = await docker.FollowLogsAsync(id, since, follow: true, ct);
        pumps[id] = PumpAsync(id, stream, appId, dyno, copy: null);
    }

    /// <summary>Follows a one-off dyno; every line is also given to the caller.</summary>
    public async Task CopyAsync(string id, OutputStream stream, long appId, string dyno, Action<string> line)
    {
        pumps[id] = PumpAsync(id, stream, appId, dyno, line);
        await pumps[id];
        pumps.TryRemove(id, out _);
        Forget(id);
    }

    /// <summary>Waits for the last lines of a container that has ended.</summary>
    public async Task FinishAsync(string id, CancellationToken ct)
    {
        if (pumps.TryRemove(id, out var pump))
        {
            await Task.WhenAny(pump, Task.Delay(LastWords, ct));
        }
    }

    /// <summary>The last lines of a container, for as long as it is there.</summary>
    public ImmutableArray<string> Tail(string id) => tails.TryGetValue(id, out var tail) ? [.. tail] : [];

    /// <summary>Lets go of a container that was removed.</summary>
    public void Forget(string id) => tails.TryRemove(id, out _);

    private async Task PumpAsync(string id, OutputStream stream, long appId, string dyno, Action<string>? copy)
    {
        await Task.Yield();
        var splitters = new Dictionary<OutputChannel, LineSplitter>
        {
            [OutputChannel.Stdout] = new(),
            [OutputChannel.Stderr] = new(),
        };
        try
        {
            await using (stream)
            {
                while (await stream.ReadAsync(CancellationToken.None) is { } frame)
                {
                    Keep(splitters[frame.Channel].Add(frame.Data.Span));
                }
            }
        }
        catch (Exception e) when (e is IOException or DockerException or ObjectDisposedException)
        {
            LogBroken(id, e.Message);
        }

        Keep([.. splitters.Values.Select(s => s.Flush()).OfType<string>()]);

        void Keep(List<string> lines)
        {
            if (lines.Count > 0)
            {
                logs.App(appId, dyno, lines);
                lines.ForEach(line => copy?.Invoke(line));
                KeepTail(id, lines);
            }
        }
    }

    private void KeepTail(string id, List<string> lines)
    {
        var tail = tails.GetOrAdd(id, _ => new ConcurrentQueue<string>());
        foreach (var line in lines.TakeLast(TailLength))
        {
            tail.Enqueue(line);
        }

        while (tail.Count > TailLength)
        {
            tail.TryDequeue(out _);
        }
    }

    [LoggerMessage(202, LogLevel.Warning, "The output of container {Id} broke off: {Reason}")]
    private partial void LogBroken(string id, string reason);
}
