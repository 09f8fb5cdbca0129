using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Running;

namespace MiniPaaS.Tests.Running;

public sealed class DesiredTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_app_without_a_release_wants_nothing() => Assert.Empty(Desired.Of(Rows()));

    [Fact]
    public void A_live_release_wants_one_web_dyno_and_nothing_else_until_it_is_scaled() =>
        Assert.Equal(["web.1"], Names(Rows(live: 3)));

    [Fact]
    public void The_formation_says_how_many() =>
        Assert.Equal(["web.1", "web.2", "worker.1"], Names(Rows(live: 3, formation: [("web", 2), ("worker", 1)])));

    [Fact]
    public void The_release_phase_is_never_a_dyno() =>
        Assert.DoesNotContain("release.1", Names(Rows(live: 3, formation: [("release", 1)])));

    [Theory]
    [InlineData("Preparing")]
    [InlineData("Flipping")]
    public void Only_the_starting_step_wants_dynos_beside_the_live_ones(string step) =>
        Assert.Equal(["web.1"], Names(Rows(live: 3, opening: (4, step))));

    [Fact]
    public void While_starting_the_new_web_dynos_run_beside_all_live_ones_and_new_workers_wait()
    {
        var desired = Desired.Of(Rows(live: 3, opening: (4, "Starting"), formation: [("worker", 1)]));
        Assert.Equal(
            [(30L, "web.1"), (30L, "worker.1"), (40L, "web.1")],
            desired.Select(d => (d.Slot.Deployment, d.Slot.Name)));
    }

    [Fact]
    public void A_canary_keeps_its_web_dynos_beside_all_live_ones_and_its_workers_wait()
    {
        var desired = Desired.Of(Rows(live: 3, opening: (4, "Canary"), formation: [("web", 2), ("worker", 1)]));
        Assert.Equal(
            [(30L, "web.1"), (30L, "web.2"), (30L, "worker.1"), (40L, "web.1"), (40L, "web.2")],
            desired.Select(d => (d.Slot.Deployment, d.Slot.Name)));
    }

    [Fact]
    public void A_release_without_a_slug_wants_nothing() => Assert.Empty(Desired.Of(Rows(live: 1, slug: false)));

    private static IEnumerable<string> Names(AppRows rows) => Desired.Of(rows).Select(d => d.Slot.Name);

    private static AppRows Rows(
        int? live = null, (int Release, string Step)? opening = null, (string, int)[]? formation = null, bool slug = true) => new(
        new App { Id = 1, Name = "myapp", LiveRelease = live, LiveDeployment = live * 10, CreatedAt = Noon },
        new Formation((formation ?? []).ToImmutableSortedDictionary(f => f.Item1, f => f.Item2)),
        ["myapp.localhost"],
        live is { } number ? Release(number, slug) : null,
        opening is { } open
            ? new Deployment { Id = open.Release * 10, AppId = 1, Release = open.Release, Step = Enum.Parse<DeploymentStep>(open.Step), StartedAt = Noon }
            : null,
        opening is { } next ? Release(next.Release, slug: true) : null);

    private static Release Release(int number, bool slug) => new(
        1, number, slug ? Sample.Slug(("web", "./serve"), ("worker", "./work"), ("release", "./migrate")) : null, ConfigVars.Empty, "", "", Noon);
}
