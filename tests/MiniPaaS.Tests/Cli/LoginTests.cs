using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class LoginTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram();
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Login_reads_the_token_from_standard_input_and_keeps_it_for_its_owner_alone()
    {
        var result = await _paas.RunWithInputAsync(TestControlPlane.Token + "\n", "login", "--server", _server.Url);

        Assert.Equal((0, $"Logged in to {_server.Url} (MiniPaaS 0.1.0)\n"), (result.ExitCode, result.Out));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_paas.ConfigFile));
        using var config = JsonDocument.Parse(await File.ReadAllTextAsync(_paas.ConfigFile));
        Assert.Equal(_server.Url, config.RootElement.GetProperty("server").GetString());
        Assert.Equal(TestControlPlane.Token, config.RootElement.GetProperty("token").GetString());
        Assert.Equal(0, (await _paas.RunAsync("apps")).ExitCode);
    }

    [Fact]
    public async Task In_a_terminal_the_token_is_asked_for_and_not_shown()
    {
        var result = await _paas.AnswerInTerminalAsync(
            $"paas login --server {_server.Url}", $"Token for {_server.Url}:", TestControlPlane.Token + "\n");

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain(TestControlPlane.Token, result.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(_paas.ConfigFile));
    }

    [Fact]
    public async Task A_refused_token_is_not_kept()
    {
        await _paas.RunAsync("login", "--server", _server.Url, "--token", TestControlPlane.Token);

        var result = await _paas.RunAsync("login", "--server", _server.Url, "--token", "wrong");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("refused the token", result.Err, StringComparison.Ordinal);
        Assert.Contains(TestControlPlane.Token, await File.ReadAllTextAsync(_paas.ConfigFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_forgets_the_token_but_not_the_server()
    {
        await _paas.RunAsync("login", "--server", _server.Url, "--token", TestControlPlane.Token);

        var result = await _paas.RunAsync("logout");
        var apps = await _paas.RunAsync("apps");

        Assert.Equal($"Logged out of {_server.Url}\n", result.Out);
        Assert.DoesNotContain(TestControlPlane.Token, await File.ReadAllTextAsync(_paas.ConfigFile), StringComparison.Ordinal);
        Assert.Contains($"Not logged in to {_server.Url}", apps.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kept_token_is_never_sent_to_another_server()
    {
        await using var other = await TestControlPlane.StartAsync();
        await _paas.RunAsync("login", "--server", _server.Url, "--token", TestControlPlane.Token);
        _paas.Environment["PAAS_SERVER"] = other.Url;

        var result = await _paas.RunAsync("apps");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"Not logged in to {other.Url}", result.Err, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_broken_config_file_says_how_to_mend_it()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_paas.ConfigFile)!);
        await File.WriteAllTextAsync(_paas.ConfigFile, "{");

        var result = await _paas.RunAsync("apps");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(_paas.ConfigFile, result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("http://")]
    public async Task An_address_that_is_none_is_refused(string address)
    {
        var result = await _paas.RunAsync("login", "--server", address, "--token", "x");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("not a server address", result.Err, StringComparison.Ordinal);
    }
}
