using MiniPaaS.Daemon.Running;

namespace MiniPaaS.Tests.Running;

/// <summary>How the operator names the private networks that apps may reach.</summary>
public sealed class PrivateNetworkTests
{
    [Theory]
    [InlineData("192.168.7.0/24", "-d 192.168.7.0/24", false)]
    [InlineData("10.0.0.7", "-d 10.0.0.7/32", false)]
    [InlineData("10.0.0.7:3128", "-d 10.0.0.7/32 -p tcp --dport 3128", true)]
    [InlineData("10.0.0.0/8:5432", "-d 10.0.0.0/8 -p tcp --dport 5432", false)]
    public void A_network_or_an_address_with_or_without_a_port_is_opened(string word, string match, bool isService)
    {
        var network = Assert.Single(PrivateNetwork.ParseAll(word));

        Assert.Equal(match, network.Match);
        Assert.Equal(isService, network.IsService);
    }

    [Fact]
    public void There_may_be_none_and_several()
    {
        Assert.Empty(PrivateNetwork.ParseAll(null));
        Assert.Empty(PrivateNetwork.ParseAll("  "));
        Assert.Equal(["-d 10.0.0.1/32", "-d 10.2.0.0/16"], PrivateNetwork.ParseAll(" 10.0.0.1  10.2.0.0/16 ").Select(network => network.Match));
    }

    [Theory]
    [InlineData("mirror.example.org")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.7:0")]
    [InlineData("10.0.0.7:65536")]
    [InlineData("10.0.0.7:http")]
    [InlineData("10.0.0.7:")]
    [InlineData("fd00::1")]
    [InlineData("-j")]
    public void Anything_else_is_refused_by_name(string word)
    {
        var refusal = Assert.Throws<FormatException>(() => PrivateNetwork.ParseAll($"10.0.0.1 {word}"));

        Assert.Contains($"MINIPAAS_PRIVATE_NETWORKS names \"{word}\"", refusal.Message, StringComparison.Ordinal);
    }
}
