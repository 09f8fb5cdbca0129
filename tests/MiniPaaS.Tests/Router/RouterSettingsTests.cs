using System.Net;
using MiniPaaS.Router;

namespace MiniPaaS.Tests.Router;

public sealed class RouterSettingsTests
{
    [Theory]
    [InlineData(null, 443)]
    [InlineData("", null)]
    [InlineData("off", null)]
    [InlineData("8443", 8443)]
    public void The_second_port_can_be_chosen_or_left_out(string? value, int? port)
        => Assert.Equal(port, Read(("MINIPAAS_HTTPS_PORT", value)).HttpsPort);

    [Theory]
    [InlineData("MINIPAAS_HTTP_PORT", "65536")]
    [InlineData("MINIPAAS_HTTPS_PORT", "none")]
    [InlineData("MINIPAAS_MAX_CONNECTIONS", "0")]
    [InlineData("MINIPAAS_TRUSTED_PROXIES", "10.0.0.1,example.org")]
    [InlineData("MINIPAAS_TRUSTED_PROXIES", "10.0.0.0/33")]
    [InlineData("MINIPAAS_RUN_DIR", "/a/directory/whose/name/is/so/long/that/no/socket/in/it/can/have/a/name/that/the/kernel/takes/as/one/of/a/socket")]
    public void What_makes_no_sense_is_named(string name, string value)
    {
        Assert.False(RouterSettings.TryRead(one => one == name ? value : null, out var settings, out var problem));
        Assert.Null(settings);
        Assert.Contains(name, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.2.0.1", false)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("fd00::9", true)]
    [InlineData("fe80::9", false)]
    public void Proxies_are_trusted_by_address_or_network(string peer, bool trusted)
        => Assert.Equal(trusted, Read(("MINIPAAS_TRUSTED_PROXIES", "10.1.0.0/16, 192.0.2.7,fd00::/8")).Trusts(IPAddress.Parse(peer)));

    [Fact]
    public void Nobody_is_trusted_unless_that_was_said() => Assert.False(Read().Trusts(IPAddress.Loopback));

    private static RouterSettings Read(params (string Name, string? Value)[] variables)
    {
        Assert.True(RouterSettings.TryRead(name => variables.FirstOrDefault(one => one.Name == name).Value, out var settings, out var problem), problem);
        return settings;
    }
}
