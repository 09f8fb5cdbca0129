using MiniPaaS.Daemon.Apps;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Apps;

public sealed class RoutingRuleTests
{
    [Theory]
    [InlineData("https-only", "true", "on")]
    [InlineData("https-only", "ON", "on")]
    [InlineData("session-affinity", "no", "off")]
    [InlineData("hsts", "3600", "3600")]
    [InlineData("hsts", "30d", "2592000")]
    [InlineData("hsts", "2w", "1209600")]
    [InlineData("hsts", "off", "0")]
    [InlineData("max-concurrent", "050", "50")]
    [InlineData("max-queued", "0", "0")]
    [InlineData("canary", "100", "100")]
    public void A_value_is_stored_in_one_form(string rule, string text, string expected) => Assert.Equal(expected, RoutingRule.Find(rule)!.Read(text));

    [Theory]
    [InlineData("https-only", "maybe")]
    [InlineData("hsts", "-1")]
    [InlineData("hsts", "11y")]
    [InlineData("hsts", "3651d")]
    [InlineData("hsts", "999999999w")]
    [InlineData("max-concurrent", "1.5")]
    [InlineData("max-concurrent", "9999999999")]
    [InlineData("max-queued", "")]
    [InlineData("requests-per-second", "+5")]
    [InlineData("canary", "101")]
    public void What_cannot_be_understood_is_refused(string rule, string text) => Assert.Null(RoutingRule.Find(rule)!.Read(text));

    [Fact]
    public void Every_name_of_the_wire_is_a_rule_whose_default_it_can_read()
    {
        Assert.Equal(RoutingRuleNames.All, RoutingRule.All.Select(rule => rule.Name));
        Assert.All(RoutingRule.All, rule => Assert.Equal(rule.Default, rule.Read(rule.Default)));
        Assert.Equal(RoutePolicy.Default.MaxQueued, Traffic.Default.NumberOf(RoutingRule.MaxQueued));
    }
}
