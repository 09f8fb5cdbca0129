using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class BuildQueueTests
{
    private readonly BuildQueue queue = new(Settings.FromEnvironment() with { ConcurrentBuilds = 2 });

    [Fact]
    public async Task Builds_beyond_the_places_wait_in_order_and_know_how_many_go_first()
    {
        var first = await queue.EnterAsync(Unexpected, default);
        var second = await queue.EnterAsync(Unexpected, default);
        var (third, thirdHeard) = Enter();
        var (fourth, fourthHeard) = Enter();
        Assert.Equal([2], thirdHeard);
        Assert.Equal([3], fourthHeard);

        first.Dispose();
        var place = await third;
        first.Dispose();
        Assert.False(fourth.IsCompleted);
        await Eventually(() => fourthHeard is [3, 2]);

        place.Dispose();
        (await fourth).Dispose();
        second.Dispose();
        (await queue.EnterAsync(Unexpected, default)).Dispose();
    }

    [Fact]
    public async Task One_that_leaves_the_queue_lets_the_others_move_up()
    {
        using var first = await queue.EnterAsync(Unexpected, default);
        var second = await queue.EnterAsync(Unexpected, default);
        using var leaving = new CancellationTokenSource();
        var (third, _) = Enter(leaving.Token);
        var (fourth, heard) = Enter();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        await Eventually(() => heard is [3, 2]);
        second.Dispose();
        (await fourth).Dispose();
    }

    private static async Task Eventually(Func<bool> holds)
    {
        for (var tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 3000, "It did not come to hold.");
            await Task.Delay(10);
        }
    }

    private static ValueTask Unexpected(int ahead) => throw new InvalidOperationException($"{ahead} go first, though there is a place.");

    private (Task<IDisposable> Place, List<int> Heard) Enter(CancellationToken ct = default)
    {
        var heard = new List<int>();
        return (queue.EnterAsync(
            ahead =>
            {
                heard.Add(ahead);
                return ValueTask.CompletedTask;
            },
            ct), heard);
    }
}
