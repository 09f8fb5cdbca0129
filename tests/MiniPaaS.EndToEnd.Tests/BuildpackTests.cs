using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>An instance whose operator lets fetches reach one server of this machine.</summary>
public sealed class PackPlatform : IAsyncLifetime
{
    internal PackServer Server { get; } = new();

    internal Platform Platform { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Server.AddAsync("greeting", "pack-greeting");
        await Server.AddAsync("nosy", "pack-nosy");
        Platform = await Platform.StartAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(
            new Dictionary<string, string> { ["MINIPAAS_PRIVATE_HOSTS"] = Server.Authority }));
    }

    public async Task DisposeAsync()
    {
        if (Platform is not null)
        {
            await Platform.DisposeAsync();
        }

        Server.Dispose();
    }
}

/// <summary>Buildpacks from elsewhere, chosen in every way there is.</summary>
public sealed class BuildpackTests(PackPlatform packs) : PlatformTest(packs.Platform), IClassFixture<PackPlatform>
{
    private PackServer Server => packs.Server;

    [Fact]
    public async Task Packs_that_were_set_build_in_order_and_what_they_lay_down_is_there_at_run_time()
    {
        var app = await TestApp.CreateAsync(Platform, "greeted", "set-packs");
        await app.PaasAsync("config:set", "NAME=Ada Lovelace", "SHORT=1");
        await app.PaasAsync("buildpacks:set", $"{Server.Url}/nosy.git");
        Assert.Contains("Next release on set-packs will use:", await app.PaasAsync("buildpacks:add", $"{Server.Url}/greeting.git#v1", "--index", "1"), StringComparison.Ordinal);

        var push = (await app.PushAsync()).Expect().Errors;

        Assert.Matches(@"remote: -----> Using buildpacks:\s+remote:        1\. http://[0-9.:]+/greeting\.git#v1\s+remote:        2\. http://[0-9.:]+/nosy\.git\s", push);
        Assert.Matches(@"remote: -----> Greeting app detected\s+remote:        Hello \(built 0 times before\)\s", push);
        Assert.Matches(@"remote: -----> Nosy app detected\s+remote:        greeted with Hello\s", push);
        Assert.Contains("NAME is [redacted]", push, StringComparison.Ordinal);
        Assert.Contains("SHORT is 1", push, StringComparison.Ordinal);
        Assert.DoesNotContain("Lovelace", push, StringComparison.Ordinal);
        Assert.Contains("Default types for buildpack -> console, web", push, StringComparison.Ordinal);
        Assert.Equal("Hello, Ada Lovelace / after Hello, Ada Lovelace", await app.GetAsync());
        Assert.Equal("Greeting, Nosy", (await app.InfoAsync()).BuildpackProvidedDescription);
        Assert.DoesNotContain("Lovelace", string.Concat(await BuildLogsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fetched_packs_have_built_is_not_built_again_until_one_of_them_moves()
    {
        await Server.AddAsync("keyed", "pack-greeting");
        var app = await TestApp.CreateAsync(Platform, "greeted", "keyed-packs");
        await app.PaasAsync("buildpacks:set", $"{Server.Url}/keyed.git#main");
        await app.PaasAsync("buildpacks:add", $"{Server.Url}/nosy.git");
        (await app.PushAsync()).Expect();

        await app.CommitAsync("Nothing new");
        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        await Server.ChangeAsync("keyed", "word", "Welcome\n");
        await app.CommitAsync("Nothing new here");
        var push = (await app.PushAsync()).Expect().Errors;
        Assert.DoesNotContain("Already built", push, StringComparison.Ordinal);
        Assert.Equal("Welcome, nobody / after Welcome, nobody", await app.GetAsync());
        await app.CommitAsync("Nothing new again");
        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        Assert.Contains("the same to the bit", await app.PaasAsync("slugs:verify", "v1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_the_repository_chooses_and_a_branch_is_followed()
    {
        await Server.AddAsync("moving", "pack-greeting");
        var app = await TestApp.CreateAsync(Platform, "greeted", "file-packs");
        await app.CommitAsync(".buildpacks", $"# ours\n{Server.Url}/moving.git#main\n{Server.Url}/nosy.tgz\n");
        (await app.PushAsync()).Expect();
        Assert.Equal("Hello, nobody / after Hello, nobody", await app.GetAsync());

        await Server.ChangeAsync("moving", "word", "Welcome\n");
        await app.CommitAsync("x", "1");
        var push = (await app.PushAsync()).Expect().Errors;

        Assert.Contains("Welcome (built 1 times before)", push, StringComparison.Ordinal);
        Assert.Contains($"at {(await Server.CommitOfAsync("moving"))[..8]}", push, StringComparison.Ordinal);
        Assert.Equal("Welcome, nobody / after Welcome, nobody", await app.GetAsync());
    }

    [Fact]
    public async Task What_was_detected_once_is_kept_until_it_is_cleared()
    {
        var app = await TestApp.DeployAsync(Platform, "php-hello", "pinned-pack");
        Assert.Contains("minipaas/php", await app.PaasAsync("buildpacks"), StringComparison.Ordinal);
        await app.GitAsync("rm", "--quiet", "-r", ".");
        await app.CommitAsync("Procfile", "web: python3 -m http.server $PORT\n");

        Assert.Contains("paas buildpacks:clear", (await app.PushRejectedAsync()).Errors, StringComparison.Ordinal);

        await app.PaasAsync("buildpacks:clear");
        (await app.PushAsync()).Expect();
        Assert.Contains("has no Buildpacks", await app.PaasAsync("buildpacks"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pack_that_cannot_be_had_rejects_the_push_and_what_is_live_stays()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "lost-pack");
        await app.PaasAsync("config:set", $"BUILDPACK_URL={Server.Url}/nowhere.git");
        await app.CommitAsync("version", "2");

        var push = (await app.PushRejectedAsync()).Errors;

        Assert.Contains("/nowhere.git could not be fetched:", push, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
        await app.PaasAsync("config:unset", "BUILDPACK_URL");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 2", await app.GetAsync());
    }

    [Theory]
    [InlineData("file:///etc", "local-pack-url")]
    [InlineData("/root", "local-pack-path")]
    [InlineData("http://169.254.169.254/latest.tgz", "metadata-pack")]
    [InlineData("http://127.0.0.1:1/pack.git", "loopback-pack")]
    public async Task The_server_itself_and_the_networks_around_it_are_no_place_for_packs(string pack, string name)
    {
        var app = await TestApp.CreateAsync(Platform, "greeted", name);
        await app.CommitAsync(".buildpacks", pack + "\n");

        var push = (await app.PushRejectedAsync()).Errors;

        Assert.Matches("MINIPAAS_(BUILDPACK_DIRS|PRIVATE_HOSTS)", push);
    }

    [Fact]
    public async Task A_reference_that_means_nothing_is_refused_when_it_is_set()
    {
        var app = await TestApp.CreateAsync(Platform, "greeted", "no-such-pack");
        var refused = await app.TryPaasAsync("buildpacks:set", "file:///etc");
        Assert.False(refused.Succeeded);
        Assert.Contains("MINIPAAS_BUILDPACK_DIRS", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("has no Buildpacks", await app.PaasAsync("buildpacks"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submodules_are_part_of_the_app()
    {
        await Server.AddAsync("library", "versioned");
        var app = await TestApp.CreateAsync(Platform, "versioned", "with-submodule");
        await app.GitAsync("submodule", "add", "--quiet", $"{Server.Url}/library.git", "library");
        await app.CommitAsync("Procfile", "web: cd library; python3 server\n");
        await app.GitAsync("rm", "--quiet", "server", "version");
        await app.CommitAsync("Only the library has a server");

        (await app.PushAsync()).Expect();

        Assert.Equal("version 1", await app.GetAsync());
    }

    private async Task<string[]> BuildLogsAsync() =>
        await Task.WhenAll(Directory.GetFiles(Path.Combine(Platform.StateDir, "build-logs")).Select(file => File.ReadAllTextAsync(file)));
}
