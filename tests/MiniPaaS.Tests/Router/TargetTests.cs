using System.Net;
using MiniPaaS.Router;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class TargetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public void Drain_completes_at_once_when_no_lease_is_held()
    {
        using var target = New();
        Assert.True(target.TryLease());
        target.Release();
        Assert.False(target.Drained.IsCompleted);
        target.BeginDrain();
        Assert.True(target.Drained.IsCompleted);
    }

    [Fact]
    public void Drain_completes_when_the_last_lease_is_released()
    {
        using var target = New();
        Assert.True(target.TryLease());
        Assert.True(target.TryLease());
        target.BeginDrain();
        target.Release();
        Assert.False(target.Drained.IsCompleted);
        Assert.Equal(1, target.InFlight);
        target.Release();
        Assert.True(target.Drained.IsCompleted);
        Assert.Equal(0, target.InFlight);
    }

    [Fact]
    public void A_draining_target_refuses_leases()
    {
        using var target = New();
        Assert.True(target.TryLease());
        target.BeginDrain();
        Assert.True(target.IsDraining);
        Assert.False(target.TryLease());
        Assert.Equal(1, target.InFlight);
    }

    [Fact]
    public void Every_target_has_an_authority_of_its_own_even_at_the_same_address()
    {
        using var one = New();
        using var other = New();
        Assert.NotEqual(one.Url, other.Url);
    }

    [Fact]
    public async Task Nobody_holds_a_lease_once_drained_however_many_threads_try()
    {
        for (var round = 0; round < 300; round++)
        {
            using var target = New();
            var (inside, late) = (0, 0);
            using var barrier = new Barrier(4);
            var workers = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait();
                    while (target.TryLease())
                    {
                        Interlocked.Increment(ref inside);
                        Thread.Yield();
                        if (target.Drained.IsCompleted)
                        {
                            Interlocked.Increment(ref late);
                        }

                        Interlocked.Decrement(ref inside);
                        target.Release();
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            barrier.SignalAndWait();
            Thread.SpinWait(round * 20);
            target.BeginDrain();
            await target.Drained.WaitAsync(Deadline);
            Assert.Equal(0, Volatile.Read(ref inside));
            await Task.WhenAll(workers).WaitAsync(Deadline);
            Assert.Equal(0, late);
        }
    }

    private static Target New() => new("c1", "web.1", new IPEndPoint(IPAddress.Loopback, 5000));
}
