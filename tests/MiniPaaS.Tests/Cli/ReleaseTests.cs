using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class ReleaseTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 2);
        _paas.Environment["PAAS_APP"] = "myapp";
        _server.AddRelease(1, "Deploy 1a2b3c4d");
        _server.AddRelease(2, "Set FOO config vars", current: true);
        _server.AddRelease(3, "Deploy 5e6f7a8b", status: "failed", error: "web.1 did not listen on PORT");
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Releases_are_listed_newest_first_with_the_live_one_marked()
    {
        var result = await _paas.RunAsync("releases");

        Assert.Equal(
            "v3\tfailed\tDeploy 5e6f7a8b\t2026-11-21T03:40:00Z\n" +
            "v2\tcurrent\tSet FOO config vars\t2026-11-21T03:40:00Z\n" +
            "v1\tsucceeded\tDeploy 1a2b3c4d\t2026-11-21T03:40:00Z\n",
            result.Out);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(70)]
    [InlineData(40)]
    public async Task A_long_description_wraps_in_a_terminal_and_loses_nothing(int columns)
    {
        var description = string.Join(' ', Enumerable.Range(1, 60).Select(word => $"w{word}"));
        _server.AddRelease(4, description);

        var result = await _paas.RunInTerminalAsync("NO_COLOR=1 paas releases 2>/dev/null", columns);

        Assert.Equal(0, result.ExitCode);
        Assert.All(description.Split(' '), word => Assert.Contains(word, result.Out, StringComparison.Ordinal));
        Assert.All(result.Out.Split("\r\n"), line => Assert.True(line.Length <= columns, line));
    }

    [Fact]
    public async Task The_number_of_releases_can_be_limited()
    {
        var result = await _paas.RunAsync("releases", "-n", "2", "--json");

        using var releases = JsonDocument.Parse(result.Out);
        Assert.Equal([3, 2], releases.RootElement.EnumerateArray().Select(release => release.GetProperty("version").GetInt32()));
    }

    [Theory]
    [InlineData("v3", "Error\tweb.1 did not listen on PORT\n")]
    [InlineData("1", "Slug\tslug-1\n")]
    [InlineData(null, "Release\tv2\n")]
    public async Task A_release_is_shown_by_number_or_the_live_one(string? version, string line)
    {
        var result = await _paas.RunAsync(version is null ? ["releases:info"] : ["releases:info", version]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(line, result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1", "{\"release\":\"v1\"}", "Rolling back myapp to v1... done, v4 (0.7 s): Rollback to v1\n")]
    [InlineData(null, "{}", "Rolling back myapp... done, v4 (0.7 s): Rollback to v2\n")]
    public async Task Rollback_makes_a_release_and_follows_it(string? version, string body, string output)
    {
        _server.Deployment = [new(4, "Starting", false, false, null, 0.2), new(4, "Done", true, true, null, 0.7)];

        var result = await _paas.RunAsync(version is null ? ["rollback"] : ["rollback", version]);

        Assert.Equal((0, output), (result.ExitCode, result.Out));
        Assert.Equal(body, _server.Requests.Single(request => request.Method == "POST").Body);
    }

    [Fact]
    public async Task A_rollback_that_fails_exits_1()
    {
        _server.Deployment = [new(4, "Aborting", true, false, "the port was never bound", 60.2)];

        var result = await _paas.RunAsync("rollback");

        Assert.Equal((1, ""), (result.ExitCode, result.Out));
        Assert.Contains("the port was never bound", result.Err, StringComparison.Ordinal);
    }
}
