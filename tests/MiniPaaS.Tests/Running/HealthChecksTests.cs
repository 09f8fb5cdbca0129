using MiniPaaS.Daemon.Running;

namespace MiniPaaS.Tests.Running;

public sealed class HealthChecksTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"worker": [{"type": "startup", "path": "/x"}]}""")]
    [InlineData("""{"web": [{"type": "liveness", "path": "/x"}, {"type": "readiness", "path": "/y"}]}""")]
    public void Without_startup_checks_of_web_there_are_none(string? json) => Assert.Empty(HealthChecks.Parse(json));

    [Fact]
    public void Defaults_are_those_of_Dokku()
    {
        var check = Assert.Single(HealthChecks.Parse("""{"web": [{"type": "startup", "path": "up"}]}"""));
        Assert.Equal("/up", check.Path);
        Assert.Equal((3, 5.0, 5.0, 0.0), (check.Attempts, check.Timeout.TotalSeconds, check.Wait.TotalSeconds, check.InitialDelay.TotalSeconds));
    }

    [Fact]
    public void Every_option_is_read()
    {
        var check = Assert.Single(HealthChecks.Parse(
            """{"web": [{"name": "n", "path": "/p", "content": "ok", "attempts": 7, "timeout": 2, "wait": 1, "initialDelay": 3, "uptime": 4, "command": ["a", "b"]}]}"""));
        Assert.Equal(("n", "/p", "ok", 7), (check.Name, check.Path, check.Content, check.Attempts));
        Assert.Equal((2.0, 1.0, 3.0, 4.0), (check.Timeout.TotalSeconds, check.Wait.TotalSeconds, check.InitialDelay.TotalSeconds, check.Uptime.TotalSeconds));
        Assert.Equal(["a", "b"], check.Command.AsEnumerable());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"web": "soon"}""")]
    [InlineData("""{"web": [{"attempts": "many"}]}""")]
    [InlineData("""{"web": [{"command": "test"}]}""")]
    [InlineData("{")]
    public void What_cannot_be_read_is_said_to_be_app_json(string json) =>
        Assert.Contains("app.json", Assert.Throws<FormatException>(() => HealthChecks.Parse(json)).Message, StringComparison.Ordinal);
}
