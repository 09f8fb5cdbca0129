using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Protocol;
using MiniPaaS.Router;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class RouteBoardTests
{
    private static readonly RouteTarget One = Make.Target("c1", "10.213.0.7:5000");
    private static readonly RouteTarget Two = Make.Target("c2", "10.213.0.8:5000");

    private readonly RouteBoard board = new(
        new RouterSettings { HttpPort = 0, StateDir = "/none", RunDir = "/none", Domain = "localhost", BootId = Make.BootId },
        new RouterMeters(),
        TimeProvider.System,
        NullLogger<RouteBoard>.Instance);

    [Fact]
    public void A_newer_version_is_in_force_when_the_call_returns()
    {
        Assert.Equal((true, 1L), board.Apply(Make.Route("shop", 1, One)));
        Assert.Equal((true, 2L), board.Apply(Make.Route("shop", 2, Two)));
        Assert.Equal("c2", Assert.Single(Slot("shop.localhost").Current.Targets).Id);
    }

    [Fact]
    public void An_older_version_is_refused()
    {
        board.Apply(Make.Route("shop", 2, Two));
        Assert.Equal((false, 2L), board.Apply(Make.Route("shop", 1, One)));
        Assert.Equal("c2", Assert.Single(Slot("shop.localhost").Current.Targets).Id);
    }

    [Fact]
    public void The_version_in_force_is_acknowledged_again_only_with_the_same_content()
    {
        board.Apply(Make.Route("shop", 2, Two));
        Assert.Equal((true, 2L), board.Apply(Make.Route("shop", 2, Two)));
        Assert.Equal((false, 2L), board.Apply(Make.Route("shop", 2, One)));
        Assert.Equal((false, 2L), board.Apply(Make.Route("shop", 2, Two) with { Mode = RouteMode.Maintenance }));
        Assert.Equal((false, 2L), board.Apply(Make.Route("shop", 2, Two) with { Hosts = ["other.localhost"] }));
    }

    [Fact]
    public void A_target_that_stays_keeps_its_leases_and_one_that_goes_is_drained()
    {
        board.Apply(Make.Route("shop", 1, One, Two));
        var (stays, goes) = (Slot("shop.localhost").Current.Targets[0], Slot("shop.localhost").Current.Targets[1]);
        Assert.True(stays.TryLease());
        board.Apply(Make.Route("shop", 2, One));
        Assert.Same(stays, Assert.Single(Slot("shop.localhost").Current.Targets));
        Assert.False(stays.IsDraining);
        Assert.True(goes.IsDraining);
    }

    [Fact]
    public async Task Drained_counts_the_old_requests_of_a_dyno_that_left_and_came_back()
    {
        board.Apply(Make.Route("shop", 1, One));
        var old = Slot("shop.localhost").Lease()!;
        board.Apply(Make.Route("shop", 2, Two));
        board.Apply(Make.Route("shop", 3, One));
        board.Apply(Make.Route("shop", 4, Two));
        Assert.Equal(new DrainStatus(false, 1), await board.WaitDrainedAsync("c1", TimeSpan.Zero, CancellationToken.None));
        old.Release();
        Assert.Equal(new DrainStatus(true, 0), await board.WaitDrainedAsync("c1", TimeSpan.FromSeconds(20), CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_target_is_drained()
        => Assert.Equal(new DrainStatus(true, 0), await board.WaitDrainedAsync("never", TimeSpan.FromSeconds(20), CancellationToken.None));

    [Fact]
    public void A_snapshot_removes_the_apps_that_it_lacks_and_drains_them()
    {
        board.Load(Make.Snapshot(Make.Route("shop", 5, One), Make.Route("blog", 5, Two)));
        var gone = Assert.Single(Slot("shop.localhost").Current.Targets);
        var slot = Slot("shop.localhost");
        board.Load(Make.Snapshot(Make.Route("blog", 4, Two)));
        Assert.Null(board.Hosts.Find("shop.localhost"));
        Assert.Null(slot.Lease());
        Assert.True(gone.IsDraining);
        Assert.Equal(4, Slot("blog.localhost").Current.Route.Version);
    }

    [Fact]
    public void Only_a_snapshot_makes_the_router_synchronised_and_worth_mirroring()
    {
        board.Apply(Make.Route("shop", 1, One));
        Assert.False(board.Synchronised);
        Assert.False(board.Changes.TryRead(out _));
        board.Load(Make.Snapshot(Make.Route("shop", 1, One)));
        Assert.True(board.Synchronised);
        Assert.True(board.Changes.TryRead(out _));
    }

    [Fact]
    public void A_host_stays_with_its_first_owner_until_that_gives_it_up()
    {
        board.Apply(Make.Route("zoo", 1, One) with { Hosts = ["www.example.com"] });
        board.Apply(Make.Route("app", 1, Two) with { Hosts = ["www.example.com", "app.localhost"] });
        Assert.Equal("zoo", Slot("www.example.com").Current.Route.App);
        board.Load(Make.Snapshot(
            Make.Route("app", 1, Two) with { Hosts = ["www.example.com", "app.localhost"] },
            Make.Route("zoo", 1, One) with { Hosts = ["www.example.com"] }));
        Assert.Equal("zoo", Slot("www.example.com").Current.Route.App);
        board.Apply(Make.Route("zoo", 2, One));
        Assert.Equal("app", Slot("www.example.com").Current.Route.App);
    }

    [Fact]
    public void All_hosts_of_an_app_share_a_slot_that_outlives_a_change_of_hosts()
    {
        board.Apply(Make.Route("shop", 1, One) with { Hosts = ["a.test", "b.test"] });
        var slot = Slot("a.test");
        Assert.Same(slot, Slot("b.test"));
        board.Apply(Make.Route("shop", 2, Two) with { Hosts = ["b.test", "c.test"] });
        Assert.Same(slot, Slot("c.test"));
        Assert.Null(board.Hosts.Find("a.test"));
    }

    [Fact]
    public async Task A_lease_is_never_missed_nor_late_while_the_slot_is_flipped()
    {
        board.Apply(Make.Route("shop", 1, One));
        var slot = Slot("shop.localhost");
        using var stop = new CancellationTokenSource();
        var (missed, late, leases) = (0, 0, 0);
        var visitors = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    if (slot.Lease() is not { } target)
                    {
                        Interlocked.Increment(ref missed);
                        continue;
                    }

                    Thread.Yield();
                    Interlocked.Add(ref late, target.Drained.IsCompleted ? 1 : 0);
                    Interlocked.Increment(ref leases);
                    target.Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        for (var version = 2; version < 2000; version++)
        {
            board.Apply(Make.Route("shop", version, Make.Target($"c{version}", "10.213.0.7:5000")));
            await board.WaitDrainedAsync($"c{version - 1}", TimeSpan.FromSeconds(20), CancellationToken.None);
        }

        await stop.CancelAsync();
        await Task.WhenAll(visitors).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((0, 0), (missed, late));
        Assert.NotEqual(0, leases);
    }

    private AppSlot Slot(string host) => board.Hosts.Find(host)!;
}

internal static class SlotLeases
{
    /// <summary>A lease as a request takes it: refused only in the instant after a flip, when the slot already holds the next route.</summary>
    public static Target? Lease(this AppSlot slot)
    {
        while (LiveRoute.Pick(slot.Current.Targets, ticket: null, []) is { } target)
        {
            if (target.TryLease())
            {
                return target;
            }
        }

        return null;
    }
}
