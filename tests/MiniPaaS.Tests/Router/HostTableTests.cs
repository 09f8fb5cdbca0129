using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Protocol;
using MiniPaaS.Router;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class HostTableTests
{
    [Theory]
    [InlineData("shop.localhost", "shop.localhost")]
    [InlineData("shop.localhost:8080", "shop.localhost")]
    [InlineData("shop.localhost.", "shop.localhost")]
    [InlineData("shop.localhost.:80", "shop.localhost")]
    [InlineData("[::1]:8080", "::1")]
    [InlineData("[::1", "[::1")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_name_is_the_host_header_without_port_brackets_and_root_dot(string? header, string name)
        => Assert.Equal(name, HostTable.NameIn(header).ToString());

    [Fact]
    public void Hosts_are_found_whatever_their_case()
    {
        var slot = Slot(Make.Route("shop", 1));
        Assert.Same(slot, HostTable.Empty.Rebuild([slot], NullLogger.Instance).Find("SHOP.LocalHost"));
        Assert.Null(HostTable.Empty.Find("shop.localhost"));
    }

    [Theory]
    [InlineData("a.example.org", "wild")]
    [InlineData("A.EXAMPLE.org", "wild")]
    [InlineData("own.example.org", "own")]
    [InlineData("a.b.example.org", null)]
    [InlineData("example.org", null)]
    [InlineData(".example.org", null)]
    public void A_wildcard_stands_for_one_label_and_yields_to_the_very_name(string host, string? app)
    {
        var table = HostTable.Empty.Rebuild(
            [
                Slot(Make.Route("wild", 1) with { Hosts = ["*.example.org"] }),
                Slot(Make.Route("own", 1) with { Hosts = ["own.example.org"] }),
            ],
            NullLogger.Instance);
        Assert.Equal(app, table.Find(host)?.Current.Route.App);
    }

    private static AppSlot Slot(AppRoute route) => new(new LiveRoute(route, [], [], Limits.None));
}
