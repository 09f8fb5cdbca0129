using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Apps;

public sealed class ConfigVarsTests
{
    [Fact]
    public void A_change_makes_a_new_set_and_leaves_the_old_one()
    {
        var before = ConfigVars.Empty.With(new Dictionary<string, string?> { ["A"] = "1", ["B"] = "2" });
        var after = before.With(new Dictionary<string, string?> { ["A"] = null, ["C"] = "3" });
        Assert.Equal("A=1 B=2", Text(before));
        Assert.Equal("B=2 C=3", Text(after));
    }

    [Fact]
    public void Setting_what_is_set_changes_nothing()
    {
        var vars = ConfigVars.Empty.With(new Dictionary<string, string?> { ["A"] = "1" });
        Assert.True(vars.SameAs(vars.With(new Dictionary<string, string?> { ["A"] = "1", ["B"] = null })));
    }

    [Fact]
    public void A_value_does_not_show_itself()
    {
        var vars = ConfigVars.Empty.With(new Dictionary<string, string?> { ["PASSWORD"] = "hunter2" });
        var shown = string.Concat(vars.Values) + $"{vars.Values.First().Value}";
        Assert.DoesNotContain("hunter2", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("1A", "x")]
    [InlineData("A-B", "x")]
    [InlineData("A=B", "x")]
    [InlineData("A", "nul\0")]
    public void What_no_process_could_be_given_is_refused(string name, string value) => Assert.NotNull(ConfigVars.Reject(name, value));

    [Theory]
    [InlineData("A", "")]
    [InlineData("_a9", "line\nline \"quoted\" 'too' $HOME äöü")]
    [InlineData("A", null)]
    public void Everything_else_is_accepted(string name, string? value) => Assert.Null(ConfigVars.Reject(name, value));

    private static string Text(ConfigVars vars) => string.Join(' ', vars.Reveal().Select(v => $"{v.Key}={v.Value}"));
}
