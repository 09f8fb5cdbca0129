using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class LogsTests : IAsyncLifetime
{
    private const string First = "2026-11-21T03:40:00.123456+00:00 app[web.1]: hello é";
    private const string Second = "2026-11-21T03:40:01.123456+00:00 paas[router]: method=GET path=\"/\" [x]: y";

    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 2);
        _paas.Environment["PAAS_APP"] = "myapp";
        _server.Log = [First, Second, "no prefix at all"];
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task In_a_pipe_lines_are_printed_as_they_came()
    {
        var result = await _paas.RunAsync("logs");

        Assert.Equal((0, $"{First}\n{Second}\nno prefix at all\n"), (result.ExitCode, result.Out));
        var asked = _server.Requests.First();
        Assert.Equal(("POST", "/apps/myapp/log-sessions"), (asked.Method, asked.Target));
        Assert.Contains("""{"lines":"100","tail":false""", asked.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Number_and_dyno_are_passed_on()
    {
        await _paas.RunAsync("logs", "-n", "5", "--ps", "web.1");

        Assert.Contains("""{"lines":"5","tail":false,"dyno":"web.1",""", _server.Requests.First().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_is_one_object_per_line()
    {
        var result = await _paas.RunAsync("logs", "--json");

        var lines = result.Out.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["web.1", "router", null], lines.Select(line => line.GetProperty("dyno").GetString()));
        Assert.Equal("hello é", lines[0].GetProperty("message").GetString());
        Assert.Equal("method=GET path=\"/\" [x]: y", lines[1].GetProperty("message").GetString());
        Assert.Equal("no prefix at all", lines[2].GetProperty("message").GetString());
    }

    [Fact]
    public async Task In_a_terminal_the_prefix_is_coloured_and_the_message_is_not()
    {
        var result = await _paas.RunInTerminalAsync("paas logs");

        Assert.Matches("\e\\[[0-9]+m2026-11-21T03:40:00.123456\\+00:00 app\\[web.1\\]: \e\\[0mhello é", result.Out);
    }

    [Fact]
    public async Task Tail_prints_lines_while_the_log_stays_open_and_ends_on_Ctrl_C()
    {
        using var process = _paas.Start("dotnet", [PaasProgram.Assembly, "logs", "--tail"]);
        var line = "";
        while (!line.EndsWith("tick", StringComparison.Ordinal))
        {
            line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The log ended.");
        }
        await _paas.RunOtherAsync("kill", "-INT", $"{process.Id}");

        var result = await PaasProgram.FinishAsync(process, "");

        Assert.Equal(130, result.ExitCode);
        Assert.DoesNotContain("Error", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_ends_when_its_reader_goes_away()
    {
        var result = await _paas.RunOtherAsync("bash", "-c", "set -o pipefail; paas logs --tail | head -n 1");

        Assert.Equal((0, First + "\n"), (result.ExitCode, result.Out));
        Assert.DoesNotContain("Error", result.Err, StringComparison.Ordinal);
    }
}
