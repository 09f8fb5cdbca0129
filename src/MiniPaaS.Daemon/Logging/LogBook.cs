using System.Collections.Concurrent;

namespace MiniPaaS.Daemon.Logging;

/// <summary>The logs of all apps. A line reads <c>2026-11-21T03:40:00.123456+00:00 app[web.1]: text</c>, as on Heroku.</summary>
internal sealed class LogBook(string root, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<long, AppLog> logs = new();
    private long last;

    /// <summary>Lines that a process of the app printed.</summary>
    public void App(long appId, string dyno, IReadOnlyList<string> lines)
    {
        var suffix = $" app[{dyno}]: ";
        Of(appId).Append([.. lines.Select(line => Stamp() + suffix + line)]);
    }

    /// <summary>A line of the platform about a dyno or about the app itself (<c>api</c>).</summary>
    public void Platform(long appId, string subject, string line) =>
        Of(appId).Append([$"{Stamp()} paas[{subject}]: {line}"]);

    /// <summary>Lines of a router about requests, with the times that the router gave them.</summary>
    public void Router(long appId, IReadOnlyList<(DateTimeOffset Time, string Text)> lines) =>
        Of(appId).Append([.. lines.Select(line => $"{Stamp(line.Time)} paas[router]: {line.Text}")]);

    public AppLog Of(long appId) => logs.GetOrAdd(appId, id => new AppLog(FolderOf(id)));

    /// <summary>Closes and removes the log of an app that is gone.</summary>
    public void Delete(long appId)
    {
        if (logs.TryRemove(appId, out var log))
        {
            log.Dispose();
        }

        if (Directory.Exists(FolderOf(appId)))
        {
            Directory.Delete(FolderOf(appId), recursive: true);
        }
    }

    public void Dispose()
    {
        foreach (var log in logs.Values)
        {
            log.Dispose();
        }
    }

    private string FolderOf(long appId) => Path.Combine(root, $"{appId}");

    // No two lines have the same time: a reader that was cut off says by it where he was.
    private string Stamp()
    {
        while (true)
        {
            var before = Interlocked.Read(ref last);
            var next = Math.Max(before + 1, time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond);
            if (Interlocked.CompareExchange(ref last, next, before) == before)
            {
                return Stamp(new DateTimeOffset(next * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero));
            }
        }
    }

    private static string Stamp(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz");
}
