using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Routing;

public sealed class RouteBookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly ServingDyno[] Dynos =
    [
        new("new2", 8, "web.2", 2, "10.0.0.5"),
        new("new1", 8, "web.1", 1, "10.0.0.4"),
        new("old1", 7, "web.1", 1, "10.0.0.3"),
    ];

    private static readonly RouteWish Wish = new() { App = "myapp", Release = 4, Deployment = 8, Quantity = 2, Hosts = ["myapp.localhost"] };

    [Fact]
    public void Only_dynos_of_the_live_deployment_get_traffic()
    {
        var route = Of(Wish);
        Assert.Equal(["new1", "new2"], route.Targets.Select(t => t.Id));
        Assert.Equal("10.0.0.4:5000", route.Targets[0].Address);
        Assert.Equal(4, route.Release);
        Assert.Null(route.Split);
    }

    [Fact]
    public void Dynos_above_the_wanted_number_are_on_their_way_out() =>
        Assert.Equal(["new1"], Of(Wish with { Quantity = 1 }).Targets.Select(t => t.Id));

    [Fact]
    public void An_app_without_a_live_release_has_a_route_without_targets() =>
        Assert.Empty(Of(Wish with { Release = null, Deployment = null }).Targets);

    [Fact]
    public void Challenges_come_to_the_control_plane_only_while_certificates_are_automatic()
    {
        Assert.True(Of(Wish with { Acme = true }).Policy!.AcmeChallenges);
        Assert.False(Of(Wish).Policy!.AcmeChallenges);
    }

    [Theory]
    [InlineData(0, 0, WebState.None)]
    [InlineData(1, 0, WebState.Starting)]
    [InlineData(2, 1, WebState.Starting)]
    [InlineData(2, 2, WebState.Crashed)]
    public void Why_nobody_serves_depends_on_what_is_wanted_and_what_waits_after_a_crash(int wanted, int crashed, WebState expected) =>
        Assert.Equal(expected, RouteBook.Idle(wanted, crashed));

    [Fact]
    public void The_reason_is_told_only_where_there_are_no_targets()
    {
        Assert.Equal(WebState.None, RouteBook.Of(Wish, Dynos, WebState.Starting, Noon, 1).Web);
        Assert.Equal(WebState.Crashed, RouteBook.Of(Wish, [], WebState.Crashed, Noon, 1).Web);
    }

    [Theory]
    [InlineData(false, null, RouteMode.Serve)]
    [InlineData(true, null, RouteMode.Maintenance)]
    [InlineData(false, 1, RouteMode.Hold)]
    [InlineData(false, 0, RouteMode.Serve)]
    [InlineData(false, -1, RouteMode.Serve)]
    [InlineData(true, 1, RouteMode.Maintenance)]
    public void Maintenance_goes_before_a_hold_and_a_hold_ends_at_its_time(bool maintenance, int? secondsLeft, RouteMode expected)
    {
        var until = secondsLeft is { } seconds ? Noon.AddSeconds(seconds) : (DateTimeOffset?)null;
        Assert.Equal(expected, Of(Wish with { Traffic = new Traffic { Maintenance = maintenance, HoldUntil = until, HoldSeconds = 60 } }).Mode);
    }

    [Fact]
    public void Held_requests_wait_longer_than_the_hold_so_that_its_end_finds_them()
    {
        Assert.Equal(70, Of(Wish with { Traffic = new Traffic { HoldUntil = Noon.AddSeconds(1), HoldSeconds = 60 } }).Policy!.HoldSeconds);
        Assert.Equal(RoutePolicy.Default.HoldSeconds, Of(Wish).Policy!.HoldSeconds);
    }

    [Fact]
    public void Without_rules_the_policy_is_the_default() => Assert.Equal(RoutePolicy.Default, Of(Wish).Policy);

    [Fact]
    public void Every_rule_reaches_the_policy()
    {
        var rules = new Dictionary<string, string>
        {
            ["session-affinity"] = "on",
            ["https-only"] = "on",
            ["hsts"] = "3600",
            ["max-concurrent"] = "5",
            ["max-queued"] = "6",
            ["requests-per-second"] = "7",
            ["client-requests-per-second"] = "8",
        };
        var policy = Of(Wish with { Traffic = new Traffic { Rules = rules.ToImmutableSortedDictionary() } }).Policy;
        Assert.Equal(
            new RoutePolicy
            {
                SessionAffinity = true,
                HttpsOnly = true,
                HstsSeconds = 3600,
                MaxConcurrent = 5,
                MaxQueued = 6,
                RequestsPerSecond = 7,
                ClientRequestsPerSecond = 8,
            },
            policy);
    }

    [Theory]
    [InlineData("https://pages.example.org/error.html", "https://pages.example.org/error.html")]
    [InlineData("http://pages.example.org", "http://pages.example.org/")]
    [InlineData("file:///etc/passwd", null)]
    [InlineData("ftp://example.org/x", null)]
    [InlineData("/error.html", null)]
    [InlineData("", null)]
    public void Only_web_addresses_are_passed_on_as_pages(string value, string? expected)
    {
        var vars = ConfigVars.From([new("ERROR_PAGE_URL", value), new("MAINTENANCE_PAGE_URL", value)]);
        var policy = Of(Wish with { ConfigVars = vars }).Policy!;
        Assert.Equal((expected, expected), (policy.ErrorPageUrl, policy.MaintenancePageUrl));
    }

    [Fact]
    public void A_canary_gets_its_share_beside_the_live_dynos()
    {
        var route = Of(Wish with { Release = 3, Deployment = 7, Canary = new Canary(8, 4, 10) });
        Assert.Equal(["old1"], route.Targets.Select(t => t.Id));
        Assert.Equal((4, 10), (route.Split!.Release, route.Split.Percent));
        Assert.Equal(["new1", "new2"], route.Split.Targets.Select(t => t.Id));
    }

    [Fact]
    public void Nobody_is_sent_to_a_canary_without_dynos_or_without_a_share()
    {
        Assert.Null(RouteBook.Of(Wish with { Deployment = 7, Canary = new Canary(8, 4, 10) }, Dynos[2..], WebState.None, Noon, 1).Split);
        Assert.Null(Of(Wish with { Deployment = 7, Canary = new Canary(8, 4, 0) }).Split);
    }

    [Fact]
    public void Routes_are_the_same_when_they_differ_in_their_version_only()
    {
        var wish = Wish with { Deployment = 7, Canary = new Canary(8, 4, 10) };
        var route = Of(wish);
        Assert.True(RouteBook.SameContent(route, RouteBook.Of(wish with { Hosts = ["myapp.localhost"] }, [.. Dynos], WebState.None, Noon, 99)));
        AppRoute[] others =
        [
            Of(wish with { Hosts = ["myapp.localhost", "www.example.org"] }),
            Of(wish with { Canary = new Canary(8, 4, 11) }),
            Of(wish with { Canary = null }),
            RouteBook.Of(wish, Dynos[1..], WebState.None, Noon, 1),
            RouteBook.Of(wish, Dynos[..2], WebState.Starting, Noon, 1),
            Of(wish with { Traffic = new Traffic { Maintenance = true } }),
            Of(wish with { Traffic = new Traffic { Rules = Traffic.Default.Rules.Add("https-only", "on") } }),
        ];
        Assert.DoesNotContain(others, other => RouteBook.SameContent(route, other) || RouteBook.SameContent(other, route));
    }

    private static AppRoute Of(RouteWish wish) => RouteBook.Of(wish, Dynos, WebState.None, Noon, 1);
}
