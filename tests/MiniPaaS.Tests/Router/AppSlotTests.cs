using System.Net;
using MiniPaaS.Router;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class AppSlotTests
{
    [Fact]
    public void The_less_loaded_of_two_targets_is_picked()
    {
        var (busy, idle) = (New("busy"), New("idle"));
        Assert.True(busy.TryLease());
        var live = new LiveRoute(Make.Route("shop", 1), [busy, idle]);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(idle, live.Pick(except: null)));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(busy, live.Pick(except: idle)));
    }

    [Fact]
    public void All_of_several_idle_targets_are_picked_at_times_and_never_the_excepted_one()
    {
        Target[] targets = [New("a"), New("b"), New("c")];
        var live = new LiveRoute(Make.Route("shop", 1), [.. targets]);
        Assert.Equal(3, Enumerable.Range(0, 500).Select(_ => live.Pick(except: null)!.Id).Distinct().Count());
        Assert.Equal(["b", "c"], Enumerable.Range(0, 500).Select(_ => live.Pick(except: targets[0])!.Id).Distinct().Order());
    }

    [Fact]
    public void The_only_target_is_not_picked_when_it_is_excepted()
    {
        var only = New("a");
        Assert.Null(new LiveRoute(Make.Route("shop", 1), [only]).Pick(except: only));
        Assert.Null(new LiveRoute(Make.Route("shop", 1), []).Pick(except: null));
    }

    [Fact]
    public async Task A_visitor_refused_by_a_draining_target_is_given_one_of_the_next_route()
    {
        var (old, fresh) = (New("old"), New("fresh"));
        var slot = new AppSlot(new LiveRoute(Make.Route("shop", 1), [old]));
        old.BeginDrain();
        using var looking = new SemaphoreSlim(0);
        var leased = Task.Factory.StartNew(
            () =>
            {
                looking.Release();
                return slot.Lease(except: null);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await looking.WaitAsync();
        slot.Current = new LiveRoute(Make.Route("shop", 2), [fresh]);
        Assert.Same(fresh, await leased.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((0, 1), (old.InFlight, fresh.InFlight));
    }

    private static Target New(string id) => new(id, "web.1", new IPEndPoint(IPAddress.Loopback, 5000));
}
