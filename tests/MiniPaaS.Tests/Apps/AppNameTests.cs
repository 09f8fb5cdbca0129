using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Apps;

public sealed class AppNameTests
{
    [Theory]
    [InlineData("abc")]
    [InlineData("my-app-2")]
    [InlineData("a23456789012345678901234567890")]
    public void Heroku_names_are_accepted(string text) => Assert.True(AppName.TryParse(text, out _, out _));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("1abc")]
    [InlineData("-abc")]
    [InlineData("abc-")]
    [InlineData("Abc")]
    [InlineData("a.b.c")]
    [InlineData("a/../b")]
    [InlineData("abc\n")]
    [InlineData("äpfel")]
    [InlineData("paas")]
    [InlineData("a234567890123456789012345678901")]
    public void Others_are_refused_with_a_reason(string? text)
    {
        Assert.False(AppName.TryParse(text, out _, out var error));
        Assert.NotEqual("", error);
    }
}
