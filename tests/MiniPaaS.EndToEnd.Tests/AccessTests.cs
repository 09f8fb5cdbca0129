using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Who may do what through the one port, and what git can do there.</summary>
public sealed class AccessTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Without_a_valid_token_neither_the_api_nor_git_answers(string? token)
    {
        foreach (var path in (string[])["/apps", "/platform", "/any.git/info/refs?service=git-receive-pack", "/any.git/info/refs?service=git-upload-pack"])
        {
            using var answer = await Platform.ApiAsync(HttpMethod.Get, path, token);
            Assert.Equal(401, (int)answer.StatusCode);
        }

        using var creation = await Platform.ApiAsync(HttpMethod.Post, "/apps", token);
        Assert.Equal(401, (int)creation.StatusCode);
    }

    [Fact]
    public async Task A_push_with_a_wrong_token_fails_and_changes_nothing()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "wrong-token");
        await app.CommitAsync("version", "2");

        var push = await Command.RunAsync("git", ["push", "paas", "master"], app.Folder, Platform.UserEnvironment(token: "wrong"));

        Assert.False(push.Succeeded);
        Assert.Contains("Authentication failed", push.Errors, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
        Assert.Equal(1, (await app.InfoAsync()).Release);
    }

    [Fact]
    public async Task A_push_to_an_app_that_is_not_there_tells_how_to_make_it()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "not-there");
        await app.GitAsync("remote", "add", "typo", $"{Platform.Server}/nowhere.git");

        var push = await app.TryGitAsync("push", "typo", "master");

        Assert.False(push.Succeeded);
        Assert.Contains("No app named \"nowhere\"", push.Errors, StringComparison.Ordinal);
        Assert.Contains("paas create nowhere", push.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clone_and_fetch_give_back_what_was_pushed()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "cloned");
        var clone = $"{app.Folder}-clone";
        var address = $"http://any:{Platform.Token}@localhost:{Platform.Port}/cloned.git";
        (await Command.RunAsync("git", ["clone", "--quiet", address, clone], environment: Platform.UserEnvironment())).Expect();

        Assert.Equal("1\n", await File.ReadAllTextAsync(Path.Combine(clone, "version")));

        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        (await Command.RunAsync("git", ["pull", "--quiet"], clone, Platform.UserEnvironment())).Expect();

        Assert.Equal("2", await File.ReadAllTextAsync(Path.Combine(clone, "version")));
    }

    [Fact]
    public async Task Another_branch_is_kept_but_not_deployed()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "branches");
        await app.CommitAsync("version", "2");

        var push = (await app.TryGitAsync("push", "paas", "HEAD:feature")).Expect();

        Assert.Contains("Pushed to feature, which is not deployed", push.Errors, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
        Assert.Contains("refs/heads/feature", await app.GitAsync("ls-remote", "paas"), StringComparison.Ordinal);

        (await app.TryGitAsync("push", "paas", "HEAD:main")).Expect();

        Assert.Equal("version 2", await app.GetAsync());
    }

    [Fact]
    public async Task The_deployed_branch_cannot_be_deleted()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "deletion");

        var push = await app.TryGitAsync("push", "paas", ":master");

        Assert.False(push.Succeeded);
        Assert.Contains("cannot be deleted", push.Errors, StringComparison.Ordinal);
        Assert.Contains("refs/heads/master", await app.GitAsync("ls-remote", "paas"), StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
    }

    [Fact]
    public async Task The_daemons_internal_addresses_are_not_public()
    {
        using var answer = await Platform.ApiAsync(HttpMethod.Get, "/internal/pushes/1/verdict", Platform.Token);

        Assert.Equal(404, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_host_that_no_app_has_gets_a_404_page()
    {
        using var answer = await Platform.Http.GetAsync(new Uri($"http://nobody.localhost:{Platform.Port}/"));

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Contains("No app answers to nobody.localhost", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
