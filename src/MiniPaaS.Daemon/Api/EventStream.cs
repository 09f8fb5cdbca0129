using System.Globalization;
using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Api;

/// <summary>
/// Writes log lines as server-sent events (the HTML standard's EventSource): the id of each is its time, by which a reader that was cut
/// off goes on. Comments keep proxies and clients from taking silence for the end.
/// </summary>
internal static class EventStream
{
    public const string ContentType = "text/event-stream";

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(25);

    /// <summary>Milliseconds after which a client comes back.</summary>
    /// <param name="ends">True for a stream that ends by itself: a client that pauses before it sees that nothing more comes keeps its user waiting.</param>
    public static int RetryAfter(bool ends) => ends ? 1 : 1000;

    /// <summary>Writes all lines, then every new one.</summary>
    public static async Task WriteAsync(HttpContext context, IAsyncEnumerable<string> lines, bool ends, TimeProvider time)
    {
        var ct = context.RequestAborted;
        var response = context.Response;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache";
        await response.WriteAsync($"retry: {RetryAfter(ends).ToString(CultureInfo.InvariantCulture)}\n\n", ct);
        await response.Body.FlushAsync(ct);
        try
        {
            await using var reader = lines.GetAsyncEnumerator(ct);
            while (true)
            {
                var next = reader.MoveNextAsync().AsTask();
                if (!next.IsCompleted)
                {
                    await response.Body.FlushAsync(ct);
                    while (await Task.WhenAny(next, Task.Delay(KeepAlive, time, ct)) != next && !ct.IsCancellationRequested)
                    {
                        await response.WriteAsync(": keepalive\n\n", ct);
                        await response.Body.FlushAsync(ct);
                    }
                }

                if (!await next)
                {
                    return;
                }

                await response.WriteAsync(Event(reader.Current), ct);
            }
        }
        catch (OperationCanceledException)
        {
            // the reader has seen enough
        }
    }

    private static string Event(string line) => $"id: {LogLine.Parse(line).Time}\ndata: {line}\n\n";
}
