using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class EventTests(EngineFixture fixture)
{
    [Fact]
    public async Task Whoever_is_connected_sees_a_container_start_and_die_with_its_exit_code()
    {
        var labels = fixture.Labels.Add("event-test", Guid.NewGuid().ToString("N"));
        var id = await fixture.CreateAsync(fixture.Spec("sh", "-c", "exit 7") with { Labels = labels });
        await using var events = fixture.Engine
            .WatchEventsAsync([$"event-test={labels["event-test"]}"], EngineFixture.Deadline()).GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync());
        Assert.Equal(EngineEvent.Connected, events.Current.Action);
        await fixture.StartAsync(fixture.Spec("true"));
        await fixture.Engine.StartContainerAsync(id, EngineFixture.Deadline());

        var start = await NextAsync(events, "start");
        Assert.Equal(("container", id, null), (start.Type, start.Id, start.ExitCode));
        Assert.Equal(labels["event-test"], start.Attributes["event-test"]);
        var die = await NextAsync(events, "die");
        Assert.Equal((id, 7), (die.Id, die.ExitCode));
        Assert.True(die.Time >= start.Time);
    }

    [Fact]
    public async Task A_watch_ends_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var events = fixture.Engine.WatchEventsAsync([fixture.Label], cancel.Token).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        // What happened just before may be replayed: go on until there is nothing more to come.
        var next = DrainAsync(events);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private static async Task DrainAsync(IAsyncEnumerator<EngineEvent> events)
    {
        while (await events.MoveNextAsync())
        {
        }
    }

    private static async Task<EngineEvent> NextAsync(IAsyncEnumerator<EngineEvent> events, string action)
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current.Action == action)
                return events.Current;
        }
        throw new InvalidOperationException($"the events ended without a {action}");
    }
}
