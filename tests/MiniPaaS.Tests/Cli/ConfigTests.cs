using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

public sealed class ConfigTests : IAsyncLifetime
{
    private const string Awkward = "line1\nline2 'single' \"double\" $HOME `id` \\ back\tTab é€ !#&;|*?~";

    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 6);
        _paas.Environment["PAAS_APP"] = "myapp";
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Values_with_line_ends_and_quotes_survive_set_and_get()
    {
        var set = await _paas.RunAsync("config:set", $"K={Awkward}", "EMPTY=", "AT=@file", "EQ=a=b");
        var get = await _paas.RunAsync("config:get", "K");

        Assert.Equal(0, set.ExitCode);
        Assert.Equal(Awkward, _server.Vars["K"]);
        Assert.Equal(("", "@file", "a=b"), (_server.Vars["EMPTY"], _server.Vars["AT"], _server.Vars["EQ"]));
        Assert.Equal(Awkward + "\n", get.Out);
    }

    [Fact]
    public async Task Shell_output_read_by_a_real_bash_gives_the_same_values()
    {
        _server.Vars = new Dictionary<string, string> { ["AWKWARD"] = Awkward, ["PLAIN"] = "http://a.b/c?d=e", ["EMPTY"] = "" }.ToImmutableSortedDictionary();

        var result = await _paas.RunOtherAsync(
            "bash", "-c", "eval \"$(paas config -s)\" && printf '%s\\0' \"$AWKWARD\" \"$PLAIN\" \"$EMPTY\"");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"{Awkward}\0http://a.b/c?d=e\0\0", result.Out);
    }

    [Fact]
    public async Task Shell_output_leaves_out_names_that_could_run_a_command()
    {
        _server.Vars = new Dictionary<string, string> { ["A;touch pwned;B"] = "x", ["OK"] = "y" }.ToImmutableSortedDictionary();

        var result = await _paas.RunAsync("config", "--shell");

        Assert.Equal("OK=y\n", result.Out);
        Assert.Contains("Left out", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plain_list_keeps_one_var_per_line_and_JSON_keeps_everything()
    {
        _server.Vars = new Dictionary<string, string> { ["A"] = "1\n2", ["B"] = "é \e[31m" }.ToImmutableSortedDictionary();

        var text = await _paas.RunAsync("config");
        var json = await _paas.RunAsync("config", "--json");

        Assert.Equal("A\t1\\n2\nB\té \\x1b[31m\n", text.Out);
        Assert.Equal(_server.Vars, JsonSerializer.Deserialize<Dictionary<string, string>>(json.Out)!);
        Assert.Contains("é", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_var_is_a_failure()
    {
        var result = await _paas.RunAsync("config:get", "NOPE");

        Assert.Equal((1, ""), (result.ExitCode, result.Out));
        Assert.EndsWith("Error: NOPE is not set on myapp.\n", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_follows_the_deployment_to_its_end()
    {
        _server.Deployment = Steps("Starting", "Verifying", "Draining", "Done");

        var result = await _paas.RunAsync("config:set", "FOO=bar");

        Assert.Equal((0, "Setting FOO and restarting myapp... done, v7 (0.8 s)\n"), (result.ExitCode, result.Out));
        Assert.EndsWith(
            "Setting FOO and restarting myapp... Starting\nSetting FOO and restarting myapp... Verifying\n" +
            "Setting FOO and restarting myapp... Draining\n",
            result.Err,
            StringComparison.Ordinal);
        Assert.Equal(
            ["?wait=25", "?wait=25&step=Starting", "?wait=25&step=Verifying", "?wait=25&step=Draining"],
            _server.Requests.Where(request => request.Target.Contains("/deployment", StringComparison.Ordinal))
                .Select(request => request.Target[request.Target.IndexOf('?', StringComparison.Ordinal)..]));
    }

    [Fact]
    public async Task Unset_sends_null_and_follows_too()
    {
        _server.Vars = _server.Vars.Add("FOO", "bar");
        _server.Deployment = Steps("Done");

        var result = await _paas.RunAsync("config:unset", "FOO");

        Assert.Equal("Unsetting FOO and restarting myapp... done, v7 (0.8 s)\n", result.Out);
        Assert.Equal("""{"FOO":null}""", _server.Requests.Single(request => request.Method == "PATCH").Body);
        Assert.Empty(_server.Vars);
    }

    [Fact]
    public async Task A_change_without_a_release_restarts_nothing()
    {
        var result = await _paas.RunAsync("config:set", "FOO=bar");

        Assert.Equal("Setting FOO on myapp... done, nothing to restart\n", result.Out);
    }

    [Fact]
    public async Task JSON_is_the_change_and_nothing_else_on_standard_output()
    {
        _server.Deployment = Steps("Starting", "Done");

        var result = await _paas.RunAsync("config:set", "FOO=bar", "--json");

        Assert.Equal("{\"vars\":{\"FOO\":\"bar\"},\"release\":7}\n", result.Out);
    }

    [Fact]
    public async Task A_failed_deployment_prints_the_reason_and_exits_1()
    {
        _server.Deployment = [new(7, "Starting", false, false, null, 0.1), new(7, "Aborting", true, false, "web.1 exited with 127", 2.5)];

        var result = await _paas.RunAsync("config:set", "FOO=bar", "--json");

        Assert.Equal((1, ""), (result.ExitCode, result.Out));
        Assert.Contains("v7 of myapp did not go live: web.1 exited with 127.", result.Err, StringComparison.Ordinal);
        Assert.Contains("The release before it keeps running.", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_survives_a_restart_of_the_control_plane()
    {
        _server.Deployment = Steps("Starting", "Done");
        _server.BrokenDeploymentAnswers = 2;

        var result = await _paas.RunAsync("config:set", "FOO=bar");

        Assert.Equal((0, "Setting FOO and restarting myapp... done, v7 (0.8 s)\n"), (result.ExitCode, result.Out));
        Assert.Contains("waiting for the control plane", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_only_the_watching_and_says_so()
    {
        _server.Deployment = [new(7, "Starting", false, false, null, 0.1)];
        using var process = _paas.Start("dotnet", [PaasProgram.Assembly, "config:set", "FOO=bar"]);
        await Eventually.HoldsAsync(() => _server.Requests.Any(request => request.Target.EndsWith("step=Starting", StringComparison.Ordinal)));

        using (var interrupt = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await interrupt.WaitForExitAsync();
        }
        var result = await PaasProgram.FinishAsync(process, "");

        Assert.Equal(130, result.ExitCode);
        Assert.Contains("Stopped watching. The deployment of v7 goes on", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_terminal_the_status_is_one_line_that_is_wiped()
    {
        _server.Deployment = Steps("Starting", "Done");
        _server.BrokenDeploymentAnswers = 1;

        var result = await _paas.RunInTerminalAsync("paas config:set FOO=bar");

        Assert.Contains("\r\e[KSetting FOO and restarting myapp... ", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("\r\e[KSetting FOO and restarting myapp... done, v7 (0.8 s)\r\n", result.Out, StringComparison.Ordinal);
    }

    private static ImmutableArray<DeploymentInfo> Steps(params string[] steps) =>
        [.. steps.Select((step, index) => new DeploymentInfo(7, step, index == steps.Length - 1, index == steps.Length - 1, null, 0.8))];
}
