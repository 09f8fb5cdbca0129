using System.Text;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class SecretMaskTests
{
    private static readonly string[] Values = ["s3cret-value", "s3cret-value-that-is-longer", "short", "production", "first line\nsecond line\n", "aaaaaaab"];
    private static readonly SecretMask Mask = SecretMask.Of(ConfigVars.From(Values.Select((value, at) => KeyValuePair.Create($"VAR_{at}", value))));

    [Theory]
    [InlineData("say s3cret-value.", "say [redacted].")]
    [InlineData("s3cret-values3cret-value", "[redacted][redacted]")]
    [InlineData("s3cret-value-that-is-longer", "[redacted]")]
    [InlineData("s3cret-value-that-is", "[redacted]-that-is")]
    [InlineData("s3cret-valu", "s3cret-valu")]
    [InlineData("s3cres3cret-value", "s3cre[redacted]")]
    [InlineData("aaaaaaaaaab", "aaa[redacted]")]
    [InlineData("a short word of production", "a short word of production")]
    [InlineData("first line", "[redacted]")]
    [InlineData("größe second line", "größe [redacted]")]
    [InlineData("", "")]
    public void A_value_is_hidden_and_nothing_else(string text, string shown)
    {
        Assert.Equal(shown, Mask.Apply(text));
        for (var cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(shown, Streamed(text[..cut], text[cut..]));
        }
    }

    [Fact]
    public void What_cannot_be_the_beginning_of_a_value_is_shown_at_once()
    {
        var stream = Mask.Begin();
        Assert.Equal("50 %", Encoding.UTF8.GetString(stream.Add("50 %"u8)));
        Assert.Equal(" of ", Encoding.UTF8.GetString(stream.Add(" of s3"u8)));
    }

    [Fact]
    public void The_address_of_a_buildpack_is_shown_but_not_the_password_in_it()
    {
        var mask = SecretMask.Of(ConfigVars.From([new("BUILDPACK_URL", "https://ada:tok3n-tok3n@example.org/pack.git")]));
        Assert.Equal("https://ada:[redacted]@example.org/pack.git", mask.Apply("https://ada:tok3n-tok3n@example.org/pack.git"));
    }

    [Fact]
    public void Without_config_vars_nothing_is_hidden() => Assert.Equal("text", SecretMask.None.Apply("text"));

    private static string Streamed(params string[] pieces)
    {
        var stream = Mask.Begin();
        return Encoding.UTF8.GetString([.. pieces.SelectMany(piece => stream.Add(Encoding.UTF8.GetBytes(piece))), .. stream.Flush()]);
    }
}
