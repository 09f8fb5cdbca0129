using System.Collections.Concurrent;
using System.Diagnostics;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>One request of the load.</summary>
/// <param name="Start">When it was sent, in ticks of the stopwatch.</param>
/// <param name="End">When its answer had arrived.</param>
/// <param name="Body">Body of a 200.</param>
/// <param name="Failure">Status and body, or the exception, of anything else.</param>
internal sealed record Answer(long Start, long End, string? Body, string? Failure);

/// <summary>Steady visitors of an app, half of them with a new connection for every request; every answer is kept.</summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly ConcurrentQueue<Answer> answers = new();
    private readonly CancellationTokenSource enough = new();
    private readonly Task visitors;

    private Load(TestApp app, int clients, string path)
    {
        var url = new Uri(app.Url + path);
        visitors = Task.WhenAll(Enumerable.Range(0, clients).Select(n => VisitAsync(app.Platform.NewClient(keepAlive: n % 2 == 0), url)));
    }

    /// <summary>Starts visiting and returns once the first answers are in.</summary>
    public static async Task<Load> StartAsync(TestApp app, int clients = 4, string path = "/")
    {
        var load = new Load(app, clients, path);
        await load.AnsweredAsync();
        return load;
    }

    /// <summary>Waits until some more answers have arrived, so that what was just done is seen by the load.</summary>
    public async Task AnsweredAsync()
    {
        var target = answers.Count + 8;
        await Eventually.HoldsAsync("the load goes on", () => answers.Count >= target);
    }

    /// <summary>Ends the load; fails unless every request was answered with a 200.</summary>
    public async Task<IReadOnlyList<Answer>> StopAsync()
    {
        await AnsweredAsync();
        await enough.CancelAsync();
        await visitors;
        var failures = answers.Where(a => a.Failure is not null).ToArray();
        Assert.True(
            failures.Length == 0, $"{failures.Length} of {answers.Count} requests failed:\n{string.Join('\n', failures.Take(5).Select(f => f.Failure))}");
        return [.. answers.OrderBy(a => a.Start)];
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        await visitors;
        enough.Dispose();
    }

    private async Task VisitAsync(HttpClient client, Uri url)
    {
        using (client)
        {
            while (!enough.IsCancellationRequested)
            {
                var start = Stopwatch.GetTimestamp();
                var (body, failure) = await AskAsync(client, url);
                answers.Enqueue(new Answer(start, Stopwatch.GetTimestamp(), body, failure));
                await Task.Delay(Pause);
            }
        }
    }

    private static async Task<(string? Body, string? Failure)> AskAsync(HttpClient client, Uri url)
    {
        try
        {
            using var answer = await client.GetAsync(url);
            var body = await answer.Content.ReadAsStringAsync();
            return (int)answer.StatusCode == 200 ? (body, null) : (null, $"{(int)answer.StatusCode} {body}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return (null, e.ToString());
        }
    }
}
