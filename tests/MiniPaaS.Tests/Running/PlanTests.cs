using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Running;

namespace MiniPaaS.Tests.Running;

public sealed class PlanTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_runs_and_is_wanted_is_left_alone()
    {
        var plan = Plan.Of([Wanted(1)], [Seen("a", 1)]);
        Assert.Empty(plan.Start);
        Assert.Empty(plan.Retire);
        Assert.Empty(plan.Crashed);
        Assert.Empty(plan.Discard);
    }

    [Fact]
    public void A_slot_without_a_running_dyno_is_started()
    {
        Assert.Equal(2, Plan.Of([Wanted(1), Wanted(2)], [Seen("a", 1)]).Start.Single().Slot.Ordinal);
    }

    [Fact]
    public void A_running_dyno_of_another_deployment_is_retired()
    {
        var plan = Plan.Of([Wanted(1, deployment: 8)], [Seen("old", 1, deployment: 7), Seen("new", 1, deployment: 8)]);
        Assert.Equal("old", Assert.Single(plan.Retire).Id);
        Assert.Empty(plan.Start);
    }

    [Fact]
    public void Of_two_dynos_in_one_slot_the_older_stays()
    {
        var plan = Plan.Of([Wanted(1)], [Seen("second", 1, since: Noon.AddSeconds(1)), Seen("first", 1, since: Noon)]);
        Assert.Equal("second", Assert.Single(plan.Retire).Id);
    }

    [Fact]
    public void A_wanted_dyno_that_ended_has_crashed_and_its_slot_is_started_again()
    {
        var plan = Plan.Of([Wanted(1)], [Seen("a", 1, running: false)]);
        Assert.Equal("a", Assert.Single(plan.Crashed).Id);
        Assert.Single(plan.Start);
    }

    [Fact]
    public void A_container_that_never_started_is_discarded_without_being_called_a_crash()
    {
        var plan = Plan.Of([Wanted(1)], [Seen("a", 1, running: false, fresh: true)]);
        Assert.Empty(plan.Crashed);
        Assert.Equal("a", Assert.Single(plan.Discard).Id);
    }

    [Fact]
    public void An_ended_dyno_that_nobody_wants_is_discarded()
    {
        Assert.Equal("a", Assert.Single(Plan.Of([], [Seen("a", 1, running: false)]).Discard).Id);
    }

    internal static DynoSpec Wanted(int ordinal, long deployment = 7, string type = "web") =>
        new(new DynoSlot(1, deployment, type, ordinal), "myapp", new Release(1, 3, Sample.Slug(), ConfigVars.Empty, "", "", Noon));

    private static Dyno Seen(
        string id, int ordinal, long deployment = 7, bool running = true, bool fresh = false, DateTimeOffset? since = null) => new()
    {
        Id = id,
        SandboxId = "s",
        Slot = new DynoSlot(1, deployment, "web", ordinal),
        Release = 3,
        Address = "10.0.0.2",
        Running = running,
        Fresh = fresh,
        Since = since ?? Noon,
    };
}
