using System.Runtime.CompilerServices;
using System.Text.Json;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    /// <summary>
    /// What happens to the containers that bear every one of the labels. The first element is <see cref="EngineEvent.Connected"/>: list after it,
    /// and between the list and the events nothing is missed. Ends, or throws, when the connection does: subscribe and list again.
    /// </summary>
    public async IAsyncEnumerable<EngineEvent> WatchEventsAsync(
        IReadOnlyList<string> labels, [EnumeratorCancellation] CancellationToken ct)
    {
        // The engine answers an instant before it subscribes: replaying from before the call closes that gap.
        var since = TimeProvider.System.GetUtcNow();
        var filters = Filters(("type", ["container"]), ("label", labels));
        using var response = await SendAsync(
            HttpMethod.Get, $"/events?since={UnixTime(since)}&filters={filters}", content: null, ct);
        yield return new EngineEvent { Type = "engine", Action = EngineEvent.Connected, Id = "", Time = since };

        await using var body = await response.Content.ReadAsStreamAsync(ct);
        await using var lines = JsonSerializer
            .DeserializeAsyncEnumerable(body, DockerJson.Default.EventLine, topLevelValues: true, ct).GetAsyncEnumerator(ct);
        while (await NextAsync(lines))
        {
            if (lines.Current is { } line)
                yield return ToEvent(line);
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<EventLine?> lines)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw Broken(e);
        }
    }

    private static EngineEvent ToEvent(EventLine line) => new()
    {
        Type = line.Type ?? "",
        Action = line.Action ?? "",
        Id = line.Actor?.Id ?? "",
        Attributes = line.Actor?.Attributes ?? [],
        Time = DateTimeOffset.UnixEpoch.AddTicks(line.TimeNano / TimeSpan.NanosecondsPerTick),
    };
}
