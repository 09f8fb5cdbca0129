using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class ReleaseManifestTests
{
    [Theory]
    [InlineData("")]
    [InlineData("---")]
    [InlineData("---\n")]
    [InlineData("--- {}\n")]
    [InlineData("{}")]
    [InlineData("# nothing\n")]
    [InlineData("addons: []\ndefault_process_types: {}\n")]
    [InlineData("default_process_types:\n")]
    [InlineData("addons:\n  - heroku-postgresql\nconfig_vars:\n  A: b\n")]
    public void Nothing_is_said_in_many_ways(string yaml) => Assert.Empty(ReleaseManifest.DefaultProcessTypes(yaml));

    [Theory]
    [InlineData("default_process_types:\n  web: heroku-php-apache2\n", "heroku-php-apache2")]
    [InlineData("---\ndefault_process_types:\n  web: cd x/bin/publish; ./App --urls http://*:$PORT\n", "cd x/bin/publish; ./App --urls http://*:$PORT")]
    [InlineData("default_process_types: { web: \"a 'b' # c\" }", "a 'b' # c")]
    [InlineData("addons: [a, {b: c}]\ndefault_process_types:\n  \"web\": 'it''s'\n", "it's")]
    [InlineData("default_process_types:\n  web: >-\n    one\n    line\n", "one line")]
    [InlineData("---\r\ndefault_process_types:\r\n  web: a\r\n", "a")]
    public void A_web_command_is_found(string yaml, string command) =>
        Assert.Equal([new("web", command)], ReleaseManifest.DefaultProcessTypes(yaml));

    [Theory]
    [InlineData("- web")]
    [InlineData("default_process_types:\n  web: [a]\n")]
    [InlineData("default_process_types:\n  web/x: a\n")]
    [InlineData("default_process_types:\n  web: |\n    two\n    lines\n")]
    [InlineData("default_process_types:\n  web: ''\n")]
    [InlineData("default_process_types:\n  web: 'open\n")]
    [InlineData("a: b: c\n")]
    [InlineData("<html>: [")]
    public void Anything_else_is_refused(string yaml) =>
        Assert.Throws<FormatException>(() => ReleaseManifest.DefaultProcessTypes(yaml));

    [Fact]
    public void A_document_of_any_depth_is_refused_or_skipped_without_exhausting_the_stack()
    {
        var deep = new string('[', 30_000) + new string(']', 30_000);
        Assert.Empty(ReleaseManifest.DefaultProcessTypes($"x: {deep}\n"));
    }
}
