using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/logs</c>: what dynos printed, what the platform says of them, and every request.</summary>
internal static class LogEndpoints
{
    public static void MapLogs(this WebApplication app, Database database, LogBook logs) =>
        app.MapGet("/apps/{name}/logs", (HttpContext context, string name, int? num, bool? tail, string? ps, string? source) =>
            LogsAsync(
                context, database, logs, name, Math.Clamp(num ?? 100, 0, 100_000), tail ?? false,
                line => (ps is null || IsOf(line, ps)) && (source is null || IsFrom(line, source))));

    private static async Task LogsAsync(
        HttpContext context, Database database, LogBook logs, string name, int count, bool tail, Func<string, bool> wanted)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            await ApiResults.NoApp(name).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        var log = logs.Of(app.Id);
        if (!tail)
        {
            await context.Response.WriteAsync(string.Concat(log.Last(count, wanted).Select(line => line + "\n")), context.RequestAborted);
            return;
        }

        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        try
        {
            await foreach (var line in log.FollowAsync(count, wanted, context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n", context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // the reader has seen enough
        }
    }

    // A line reads "TIME source[web.1]: text"; both web.1 and web are asked for.
    private static bool IsOf(string line, string dyno)
    {
        var name = Name(line);
        return name.Length > 0 && (name.SequenceEqual(dyno) || (name.StartsWith(dyno) && name.Length > dyno.Length && name[dyno.Length] == '.'));
    }

    // The source of a line is app or paas (Heroku's word for the platform is its own name); router and api are asked for like one.
    private static bool IsFrom(string line, string source)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var space = open < 0 ? -1 : line.LastIndexOf(' ', open);
        return space >= 0 && (line.AsSpan(space + 1, open - space - 1).SequenceEqual(source == "heroku" ? "paas" : source) || IsOf(line, source));
    }

    private static ReadOnlySpan<char> Name(string line)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var close = line.IndexOf(']', StringComparison.Ordinal);
        return open < 0 || close < open ? [] : line.AsSpan(open + 1, close - open - 1);
    }
}
