using System.Collections.Immutable;
using System.Net;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class LiveRouteTests
{
    [Fact]
    public void The_less_loaded_of_two_targets_is_picked()
    {
        var (busy, idle) = (New("busy"), New("idle"));
        Assert.True(busy.TryLease());
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(idle, Pick([busy, idle])));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(busy, Pick([busy, idle], tried: idle)));
    }

    [Fact]
    public void All_of_several_idle_targets_are_picked_at_times_and_never_one_that_was_tried()
    {
        Target[] targets = [New("a"), New("b"), New("c")];
        Assert.Equal(3, Enumerable.Range(0, 500).Select(_ => Pick([.. targets])!.Id).Distinct().Count());
        Assert.DoesNotContain(targets[0], Enumerable.Range(0, 500).Select(_ => Pick([.. targets], tried: targets[0])));
    }

    [Fact]
    public void A_target_set_aside_is_picked_only_when_there_is_no_other()
    {
        var (aside, good) = (New("aside"), New("good"));
        Assert.True(aside.TrySetAside("refused", DateTimeOffset.UnixEpoch));
        Assert.False(aside.TrySetAside("refused", DateTimeOffset.UnixEpoch));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(good, Pick([aside, good])));
        Assert.Same(aside, Pick([aside, good], tried: good));
        Assert.Same(aside, Pick([aside]));
        aside.Restore();
        Assert.Equal(2, Enumerable.Range(0, 200).Select(_ => Pick([aside, good])!.Id).Distinct().Count());
    }

    [Fact]
    public void The_only_target_is_not_picked_again_once_it_was_tried()
    {
        var only = New("a");
        Assert.Null(Pick([only], tried: only));
        Assert.Null(Pick([]));
    }

    [Fact]
    public void A_visitor_goes_back_to_the_target_of_his_ticket_while_it_is_in_rotation()
    {
        Target[] targets = [New("a"), New("b"), New("c")];
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(targets[1], Pick([.. targets], targets[1].Ticket)));
        Assert.True(targets[1].TrySetAside("refused", DateTimeOffset.UnixEpoch));
        Assert.DoesNotContain(targets[1], Enumerable.Range(0, 50).Select(_ => Pick([.. targets], targets[1].Ticket)));
        Assert.NotNull(Pick([.. targets], "0123456789abcdef"));
    }

    [Fact]
    public void A_ticket_is_the_same_in_every_router_and_does_not_tell_the_container()
    {
        Assert.Equal(New("c0ffee").Ticket, New("c0ffee").Ticket);
        Assert.NotEqual(New("c0ffee").Ticket, New("c0ffef").Ticket);
        Assert.DoesNotContain("c0ffee", New("c0ffee").Ticket, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flip_wakes_those_who_wait_for_it()
    {
        var first = new LiveRoute(Make.Route("shop", 1), [], [], Limits.None);
        var slot = new AppSlot(first);
        Assert.False(first.Superseded.IsCompleted);
        slot.Flip(new LiveRoute(Make.Route("shop", 2), [], [], Limits.None));
        Assert.True(first.Superseded.IsCompleted);
        Assert.Equal(2, slot.Current.Route.Version);
    }

    private static Target? Pick(ImmutableArray<Target> among, string? ticket = null, params Target[] tried) => LiveRoute.Pick(among, ticket, tried);

    private static Target New(string id) => new(id, "web.1", new IPEndPoint(IPAddress.Loopback, 5000));
}
