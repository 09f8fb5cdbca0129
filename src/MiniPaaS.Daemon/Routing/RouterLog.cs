using System.Globalization;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Routing;

/// <summary>Brings one router's request log into the logs of the apps: a line for every request that was answered.</summary>
internal sealed partial class RouterLog(string socket, Database database, LogBook logs, ILogger log)
{
    // More than a router ever writes: the second part of a line that is cut must not be taken for a line.
    private const int LongestLine = 64 << 10;

    private static readonly long LatestStamp = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() * 1000;

    private bool troubled;

    /// <summary>Reads until the router ends the log or is lost; whoever wants to go on calls again.</summary>
    public async Task ReadAsync(CancellationToken ct)
    {
        using var router = new RouterClient(socket);
        try
        {
            await using var stream = await router.LogAsync(ct);
            troubled = false;
            var lines = new LineSplitter(LongestLine);
            var buffer = new byte[64 << 10];
            // The router writes in gulps, so what one read gives is a batch.
            while (await stream.ReadAsync(buffer, ct) is > 0 and var length)
            {
                Append([.. lines.Add(buffer.AsSpan(0, length))]);
            }
        }
        catch (Exception e) when (RouterClient.IsTrouble(e, ct))
        {
            if (!troubled && !RouterClient.IsDead(e))
            {
                LogLost(socket, e.Message);
            }

            troubled = true;
        }
    }

    /// <summary>Appends lines of the form <c>microseconds app text</c>; those of apps that do not exist are left out.</summary>
    public void Append(IReadOnlyList<string> lines)
    {
        var parsed = lines.Select(Parse).OfType<Line>().ToArray();
        foreach (var drops in parsed.Where(line => line.App == "-"))
        {
            LogDrops(socket, drops.Text);
        }

        var byApp = parsed.Where(line => line.App != "-").GroupBy(line => line.App, StringComparer.Ordinal).ToArray();
        if (byApp.Length == 0)
        {
            return;
        }

        // Asked anew for every batch: the name of an app that was destroyed may be another's by now.
        var ids = database.Read(db => byApp.ToDictionary(app => app.Key, app => AppTable.Find(db, app.Key)?.Id));
        foreach (var app in byApp)
        {
            if (ids[app.Key] is { } id)
            {
                logs.Router(id, [.. app.Select(line => (line.Time, line.Text))]);
            }
        }
    }

    private static Line? Parse(string line)
    {
        var parts = line.Split(' ', 3);
        return parts is [var stamp, { Length: > 0 } app, var text]
            && long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds < LatestStamp
                ? new Line(DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), app, text)
                : null;
    }

    private sealed record Line(DateTimeOffset Time, string App, string Text);

    [LoggerMessage(304, LogLevel.Warning, "The request log of the router at {Socket} broke off, opening it again: {Reason}")]
    private partial void LogLost(string socket, string reason);

    [LoggerMessage(305, LogLevel.Warning, "The router at {Socket} could not keep all lines of its request log: {Report}")]
    private partial void LogDrops(string socket, string report);
}
