namespace MiniPaaS.Tests.Cli;

public sealed class GitTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp");
        _server.AddApp("other");
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_helper_answers_for_the_configured_server()
    {
        var result = await _paas.RunWithInputAsync(Question(_server.Url), "git:credentials", "get");

        Assert.Equal((0, $"username=paas\npassword={TestControlPlane.Token}\n"), (result.ExitCode, result.Out));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task The_helper_answers_for_the_address_that_the_server_gives_out()
    {
        _server.ControlUrl = "http://paas.example.test:8080";

        var result = await _paas.RunWithInputAsync(Question(_server.ControlUrl), "git:credentials", "get");

        Assert.Contains($"password={TestControlPlane.Token}\n", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://github.example")]
    [InlineData("http://paas.localhost:1")]
    [InlineData("http://evil.localhost")]
    public async Task The_helper_keeps_silent_for_other_servers(string other)
    {
        var result = await _paas.RunWithInputAsync(Question(other), "git:credentials", "get");

        Assert.Equal((0, ""), (result.ExitCode, result.Out));
    }

    [Fact]
    public async Task The_helper_answers_for_HTTPS_on_the_servers_own_port()
    {
        var result = await _paas.RunWithInputAsync(Question(Secure(_server.Url)), "git:credentials", "get");

        Assert.Contains($"password={TestControlPlane.Token}\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_helper_never_gives_a_token_that_goes_over_HTTPS_to_plain_HTTP()
    {
        _paas.Environment["PAAS_SERVER"] = Secure(_server.Url);
        _server.ControlUrl = Secure(_server.Url);

        var result = await _paas.RunWithInputAsync(Question(_server.Url), "git:credentials", "get");

        Assert.Equal((0, ""), (result.ExitCode, result.Out));
    }

    [Theory]
    [InlineData("store")]
    [InlineData("erase")]
    public async Task The_helper_ignores_other_operations(string operation)
    {
        var result = await _paas.RunWithInputAsync(Question(_server.Url), "git:credentials", operation);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Out, result.Err));
    }

    [Fact]
    public async Task Git_itself_gets_the_password_through_the_configured_helper()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.RunAsync("git:remote", "-a", "myapp");

        using var git = _paas.Start("git", ["credential", "fill"]);
        var filled = await PaasProgram.FinishAsync(git, $"url={_server.Url}/myapp.git\n\n");

        Assert.Contains($"username=paas\npassword={TestControlPlane.Token}\n", filled.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Git_remote_points_an_existing_remote_to_the_app()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.RunAsync("git:remote", "-a", "myapp", "-r", "live");

        var result = await _paas.RunAsync("git:remote", "-a", "other", "-r", "live");

        Assert.Equal($"Git remote live set to {_server.Url}/other.git\n", result.Out);
        Assert.Equal($"{_server.Url}/other.git\n", (await _paas.RunOtherAsync("git", "remote", "get-url", "live")).Out);
    }

    [Fact]
    public async Task Git_remote_needs_a_repository()
    {
        var result = await _paas.RunAsync("git:remote", "-a", "myapp");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("git init", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_is_that_of_the_remote_named_paas_even_from_a_subdirectory()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "paas", $"{_server.Url}/myapp.git");
        await _paas.GitAsync("remote", "add", "staging", $"{_server.Url}/other.git");
        Directory.CreateDirectory(Path.Combine(_paas.WorkDirectory, "sub"));

        var result = await _paas.RunOtherAsync("sh", "-c", "cd sub && paas apps:info --json");

        Assert.Contains("\"name\":\"myapp\"", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_is_that_of_any_remote_on_the_server()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "origin", "https://git.example/someone/project.git");
        await _paas.GitAsync("remote", "add", "staging", $"{_server.Url}/other.git");

        var result = await _paas.RunAsync("apps:info", "--json");

        Assert.Contains("\"name\":\"other\"", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_remotes_on_the_server_are_a_question_for_the_user()
    {
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "live", $"{_server.Url}/myapp.git");
        await _paas.GitAsync("remote", "add", "staging", $"{_server.Url}/other.git");

        var result = await _paas.RunAsync("ps");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("myapp (live), other (staging)", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_option_beats_the_environment_which_beats_the_remote()
    {
        _server.AddApp("third");
        await _paas.GitAsync("init", "-q");
        await _paas.GitAsync("remote", "add", "paas", $"{_server.Url}/myapp.git");
        _paas.Environment["PAAS_APP"] = "other";

        var byEnvironment = await _paas.RunAsync("apps:info", "--json");
        var byOption = await _paas.RunAsync("apps:info", "--json", "-a", "third");

        Assert.Contains("\"name\":\"other\"", byEnvironment.Out, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"third\"", byOption.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_app_the_message_says_how_to_give_one()
    {
        var result = await _paas.RunAsync("ps");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("-a APP", result.Err, StringComparison.Ordinal);
        Assert.Contains("PAAS_APP", result.Err, StringComparison.Ordinal);
        Assert.Contains("git:remote", result.Err, StringComparison.Ordinal);
    }

    private static string Question(string url)
    {
        var address = new Uri(url);
        return $"protocol={address.Scheme}\nhost={address.Authority}\npath=myapp.git\n\n";
    }

    private static string Secure(string url) => url.Replace("http:", "https:", StringComparison.Ordinal);
}
