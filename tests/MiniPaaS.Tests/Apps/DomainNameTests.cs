using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Apps;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("www.example.org", "www.example.org")]
    [InlineData("WWW.Example.ORG.", "www.example.org")]
    [InlineData("  example.org ", "example.org")]
    [InlineData("3com.example", "3com.example")]
    [InlineData("*.example.org", "*.example.org")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("*.bücher.example", "*.xn--bcher-kva.example")]
    public void A_host_name_is_taken_in_the_letters_of_dns(string text, string expected)
    {
        Assert.True(DomainName.TryParse(text, out var name, out var error), error);
        Assert.Equal(expected, name.Value);
        Assert.Equal(expected.StartsWith('*'), name.IsWildcard);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("intranet")]
    [InlineData("*.org")]
    [InlineData("*")]
    [InlineData("a.*.example.org")]
    [InlineData("*.*.example.org")]
    [InlineData("www*.example.org")]
    [InlineData("-a.example.org")]
    [InlineData("a-.example.org")]
    [InlineData("a..example.org")]
    [InlineData(".example.org")]
    [InlineData("under_score.example.org")]
    [InlineData("http://example.org")]
    [InlineData("example.org:80")]
    [InlineData("example.org/path")]
    [InlineData("10.0.0.1")]
    [InlineData("a b.example.org")]
    [InlineData("www.exam\0ple.org")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.org")]
    public void Anything_else_is_refused_with_a_way_out(string? text)
    {
        Assert.False(DomainName.TryParse(text, out _, out var error));
        Assert.Contains("as in www.example.org", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_has_at_most_253_characters()
    {
        var label = new string('a', 49);
        var longest = $"{label}.{label}.{label}.{label}.{new string('b', 53)}";
        Assert.Equal(253, longest.Length);
        Assert.True(DomainName.TryParse(longest, out _, out _));
        Assert.False(DomainName.TryParse("c" + longest, out _, out _));
        Assert.False(DomainName.TryParse("*." + longest, out _, out _));
    }
}
