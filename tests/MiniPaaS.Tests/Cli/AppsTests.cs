using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class AppsTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task In_a_pipe_a_list_is_tab_separated_without_headings_or_escapes()
    {
        var first = _server.AddApp("alpha", release: 3);
        var second = _server.AddApp("beta");

        var result = await _paas.RunAsync("apps");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"alpha\tv3\tbookworm\t{first.WebUrl}\nbeta\t-\tbookworm\t{second.WebUrl}\n", result.Out);
    }

    [Fact]
    public async Task In_a_terminal_a_list_has_headings_and_colour()
    {
        _server.AddApp("alpha", release: 3);

        var result = await _paas.RunInTerminalAsync("paas apps");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Release", result.Out, StringComparison.Ordinal);
        Assert.Contains("\e[1mApp", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\t", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NO_COLOR_is_honoured_in_a_terminal()
    {
        _server.AddApp("alpha", release: 3);
        _paas.Environment["NO_COLOR"] = "1";

        var result = await _paas.RunInTerminalAsync("paas apps 2>/dev/null");

        Assert.Contains("Release", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_is_an_array_of_wire_records_on_one_line()
    {
        _server.AddApp("alpha", release: 3);

        var result = await _paas.RunAsync("apps", "--json");

        Assert.Single(result.Out.TrimEnd('\n').Split('\n'));
        using var apps = JsonDocument.Parse(result.Out);
        var app = Assert.Single(apps.RootElement.EnumerateArray());
        Assert.Equal("alpha", app.GetProperty("name").GetString());
        Assert.Equal($"{_server.Url}/alpha.git", app.GetProperty("git_url").GetString());
        Assert.Equal(3, app.GetProperty("release").GetInt32());
    }

    [Fact]
    public async Task A_slow_answer_is_waited_for_with_a_plain_line_that_names_the_server()
    {
        var hold = new TaskCompletionSource();
        _server.Hold = hold.Task;
        using var process = _paas.Start("dotnet", [PaasProgram.Assembly, "apps", "--json"]);

        var line = await process.StandardError.ReadLineAsync();
        hold.SetResult();
        var result = await PaasProgram.FinishAsync(process, "");

        Assert.Equal($"Asking {_server.Url}...", line);
        Assert.Equal((0, "[]\n", ""), (result.ExitCode, result.Out, result.Err));
    }

    [Fact]
    public async Task No_apps_is_an_empty_list_and_a_hint()
    {
        var text = await _paas.RunAsync("apps");
        var json = await _paas.RunAsync("apps", "--json");

        Assert.Equal(("", 0), (text.Out, text.ExitCode));
        Assert.Contains("paas create", text.Err, StringComparison.Ordinal);
        Assert.Equal("[]\n", json.Out);
    }

    [Fact]
    public async Task Info_shows_every_address_of_an_app()
    {
        var app = _server.AddApp("myapp", release: 7);

        var result = await _paas.RunAsync("apps:info", "myapp");

        Assert.Contains($"Web URL\t{app.WebUrl}\n", result.Out, StringComparison.Ordinal);
        Assert.Contains($"Git URL\t{app.GitUrl}\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("Created\t2026-11-21T03:40:00Z\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_app_shows_the_servers_suggestion()
    {
        var result = await _paas.RunAsync("apps:info", "-a", "mapp");

        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith("Error: Couldn't find the app mapp. Did you mean myapp?\n", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Destroy_wants_its_confirmation_when_nobody_can_be_asked()
    {
        _server.AddApp("myapp");

        var without = await _paas.RunAsync("destroy", "-a", "myapp");
        var wrong = await _paas.RunAsync("apps:destroy", "myapp", "--confirm", "other");

        Assert.Equal(2, without.ExitCode);
        Assert.Contains("--confirm myapp", without.Err, StringComparison.Ordinal);
        Assert.Equal(2, wrong.ExitCode);
        Assert.True(_server.Apps.ContainsKey("myapp"));
        Assert.DoesNotContain(_server.Requests, request => request.Method == "DELETE");
    }

    [Fact]
    public async Task Destroy_with_confirmation_removes_the_app_and_its_git_remote()
    {
        var app = _server.AddApp("myapp");
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "paas", app.GitUrl);
        await _paas.GitAsync("remote", "add", "origin", "http://elsewhere.example/myapp.git");

        var result = await _paas.RunAsync("destroy", "--confirm", "myapp");

        Assert.Equal((0, "Destroying myapp... done, git remote paas removed\n"), (result.ExitCode, result.Out));
        Assert.Empty(_server.Apps);
        Assert.Equal("origin\n", (await _paas.RunOtherAsync("git", "remote")).Out);
    }

    [Theory]
    [InlineData("myapp\n", 0, false)]
    [InlineData("myap\n", 2, true)]
    public async Task In_a_terminal_destroy_asks_for_the_name(string typed, int exitCode, bool survives)
    {
        _server.AddApp("myapp");

        var result = await _paas.AnswerInTerminalAsync("paas destroy myapp", "Type its name to go on: ", typed);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(survives, _server.Apps.ContainsKey("myapp"));
    }

    [Fact]
    public async Task Open_prints_the_address_and_starts_the_desktops_browser()
    {
        var app = _server.AddApp("myapp");
        var seen = Path.Combine(_paas.Home, "seen");
        var opener = Path.Combine(_paas.BinDirectory, "xdg-open");
        await File.WriteAllTextAsync(opener, $"#!/bin/sh\nprintf %s \"$1\" > '{seen}.part' && mv '{seen}.part' '{seen}'\n");
        File.SetUnixFileMode(opener, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var headless = await _paas.RunAsync("open", "-a", "myapp");
        var openedHeadless = File.Exists(seen);
        _paas.Environment["DISPLAY"] = ":0";
        var desktop = await _paas.RunAsync("open", "-a", "myapp");

        Assert.Equal(app.WebUrl + "\n", headless.Out);
        Assert.False(openedHeadless);
        Assert.Equal(app.WebUrl + "\n", desktop.Out);
        await Eventually.HoldsAsync(() => File.Exists(seen));
        Assert.Equal(app.WebUrl, await File.ReadAllTextAsync(seen));
    }
}
