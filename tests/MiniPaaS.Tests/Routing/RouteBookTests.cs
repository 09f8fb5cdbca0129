using MiniPaaS.Daemon.Routing;

namespace MiniPaaS.Tests.Routing;

public sealed class RouteBookTests
{
    private static readonly ServingDyno[] Dynos =
    [
        new("new2", 8, "web.2", 2, "10.0.0.5"),
        new("new1", 8, "web.1", 1, "10.0.0.4"),
        new("old1", 7, "web.1", 1, "10.0.0.3"),
    ];

    [Fact]
    public void Only_dynos_of_the_live_deployment_get_traffic()
    {
        var route = RouteBook.Of("myapp", 4, 8, 2, ["myapp.localhost"], Dynos, 1);
        Assert.Equal(["new1", "new2"], route.Targets.Select(t => t.Id));
        Assert.Equal("10.0.0.4:5000", route.Targets[0].Address);
        Assert.Equal(4, route.Release);
    }

    [Fact]
    public void Dynos_above_the_wanted_number_are_on_their_way_out() =>
        Assert.Equal(["new1"], RouteBook.Of("myapp", 4, 8, 1, ["myapp.localhost"], Dynos, 1).Targets.Select(t => t.Id));

    [Fact]
    public void An_app_without_a_live_release_has_a_route_without_targets() =>
        Assert.Empty(RouteBook.Of("myapp", null, null, 1, ["myapp.localhost"], Dynos, 1).Targets);

    [Fact]
    public void Challenges_come_to_the_control_plane_only_while_certificates_are_automatic()
    {
        Assert.True(RouteBook.Of("myapp", 4, 8, 2, ["myapp.localhost"], Dynos, 1, acme: true).Policy!.AcmeChallenges);
        Assert.Null(RouteBook.Of("myapp", 4, 8, 2, ["myapp.localhost"], Dynos, 1).Policy);
    }
}
