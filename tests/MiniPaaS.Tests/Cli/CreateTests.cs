using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class CreateTests : IAsyncLifetime
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
    public async Task Outside_of_a_repository_create_prints_the_addresses()
    {
        var result = await _paas.RunAsync("create", "myapp", "--stack", "bullseye");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{_server.Apps["myapp"].WebUrl} | {_server.Url}/myapp.git\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("git push", result.Out, StringComparison.Ordinal);
        Assert.Equal("""{"name":"myapp","stack":"bullseye"}""", _server.Requests.Single(request => request.Method == "POST").Body);
    }

    [Fact]
    public async Task In_a_repository_create_adds_a_remote_that_git_can_authenticate_to()
    {
        await _paas.GitAsync("init", "-q");

        var result = await _paas.RunAsync("create", "myapp");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"{_server.Url}/myapp.git\n", (await _paas.RunOtherAsync("git", "remote", "get-url", "paas")).Out);
        Assert.Equal(
            "!paas git:credentials\n", (await _paas.RunOtherAsync("git", "config", "--local", $"credential.{_server.Url}.helper")).Out);
        var secure = _server.Url.Replace("http://", "https://", StringComparison.Ordinal);
        Assert.Equal(
            "!paas git:credentials\n", (await _paas.RunOtherAsync("git", "config", "--local", $"credential.{secure}.helper")).Out);
        Assert.Contains("git push paas master", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_paas_is_not_on_PATH_the_helper_is_an_absolute_path_that_works()
    {
        await _paas.GitAsync("init", "-q");
        File.Delete(Path.Combine(_paas.BinDirectory, "paas"));

        await _paas.RunAsync("create", "myapp");

        var helper = (await _paas.RunOtherAsync("git", "config", "--local", $"credential.{_server.Url}.helper")).Out;
        Assert.StartsWith("!/", helper, StringComparison.Ordinal);
        var filled = await FillAsync($"url={_server.Url}\n\n");
        Assert.Contains($"password={TestControlPlane.Token}\n", filled.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generated_names_come_from_the_server_and_JSON_is_its_record()
    {
        var result = await _paas.RunAsync("create", "--json");

        using var app = JsonDocument.Parse(result.Out);
        Assert.Equal("quiet-river-1234", app.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_remote_that_leads_elsewhere_is_kept_and_no_app_is_made()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "paas", "http://other.example/theirs.git");

        var result = await _paas.RunAsync("create", "myapp");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("No app was made.", result.Err, StringComparison.Ordinal);
        Assert.Contains("http://other.example/theirs.git", result.Err, StringComparison.Ordinal);
        Assert.Empty(_server.Apps);
        Assert.Equal("http://other.example/theirs.git\n", (await _paas.RunOtherAsync("git", "remote", "get-url", "paas")).Out);
    }

    [Theory]
    [InlineData("staging", "staging\n")]
    [InlineData("none", "")]
    public async Task The_remotes_name_can_be_chosen_or_refused(string remote, string remotes)
    {
        await _paas.GitAsync("init", "-q");

        var result = await _paas.RunAsync("create", "myapp", "--remote", remote);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(remotes, (await _paas.RunOtherAsync("git", "remote")).Out);
    }

    [Fact]
    public async Task A_name_that_git_refuses_is_refused_before_the_app_is_made()
    {
        await _paas.GitAsync("init", "-q");

        var result = await _paas.RunAsync("create", "myapp", "--remote=-x y");

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(_server.Apps);
    }

    [Fact]
    public async Task A_taken_name_shows_the_servers_message()
    {
        _server.AddApp("myapp");

        var result = await _paas.RunAsync("create", "myapp");

        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith("Error: Name myapp is already taken.\n", result.Err, StringComparison.Ordinal);
    }

    private async Task<RunResult> FillAsync(string input)
    {
        using var git = _paas.Start("git", ["credential", "fill"]);
        return await PaasProgram.FinishAsync(git, input);
    }
}
