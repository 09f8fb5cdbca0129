using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Pushes of broken apps: the cause is named, and the live release does not notice.</summary>
public sealed class RejectionTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task An_app_that_nothing_recognises_is_told_what_would_be()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "undetected");
        await app.GitAsync("rm", "--quiet", "Procfile");
        await app.CommitAsync("Without a Procfile");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("No default language could be detected for this app", push, StringComparison.Ordinal);
        Assert.Contains("Procfile", push, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_composer_json_is_named_as_the_cause()
    {
        var app = await TestApp.DeployAsync(Platform, "php-hello", "bad-composer");
        await app.CommitAsync("composer.json", """{ "require": { "php": "^8.2", } """);

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("composer.json", push, StringComparison.Ordinal);
        Assert.Contains("failed to compile", push, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_php_version_that_is_not_on_offer_is_answered_with_those_that_are()
    {
        var app = await TestApp.DeployAsync(Platform, "php-hello", "future-php");
        await app.CommitAsync("composer.json", """{ "require": { "php": "^9.1" } }""");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("^9.1", push, StringComparison.Ordinal);
        Assert.Matches(@"8\.2", push);
        Assert.Matches(@"7\.4", push);
    }

    [Fact]
    public async Task A_csharp_error_is_shown_as_the_compiler_words_it()
    {
        var app = await TestApp.DeployAsync(Platform, "dotnet-hello", "bad-csharp");
        await app.CommitAsync("Program.cs", "this does not compile;\n");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Matches(@"Program\.cs\(1,\d+\): error CS\d+", push);
    }

    [Fact]
    public async Task A_crash_at_boot_is_reported_with_its_exit_status()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "crashing");
        await app.CommitAsync("Procfile", "web: echo no database here >&2; exit 7\n");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("web.1 exited with status 7", push, StringComparison.Ordinal);
        Assert.Contains("no database here", await app.PaasAsync("logs", "-n", "5000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_phase_that_fails_stops_the_deployment()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "failing-release");
        await app.CommitAsync("Procfile", "web: python3 server\nrelease: echo migration 12 is broken; exit 3\n");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("migration 12 is broken", push, StringComparison.Ordinal);
        Assert.Contains("The release command exited with status 3", push, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_healthcheck_is_named()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "unhealthy");
        await app.CommitAsync("app.json", """{"healthchecks": {"web": [{"name": "ready", "path": "/", "content": "version 2", "attempts": 2, "wait": 1}]}}""");

        var push = await RejectedUnderLoadAsync(app);

        Assert.Contains("failed the healthcheck \"ready\" 2 times", push, StringComparison.Ordinal);

        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        Assert.Equal("version 2", await app.GetAsync());
    }

    private static Task<string> RejectedUnderLoadAsync(TestApp app) => Rejected.UnderLoadAsync(app);
}

/// <summary>The boot timeout is a minute: a class of its own lets that pass beside the others.</summary>
public sealed class BootTimeoutTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task A_port_that_is_never_bound_is_a_boot_timeout()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "deaf");
        await app.CommitAsync("Procfile", "web: sleep 1000\n");

        var push = await Rejected.UnderLoadAsync(app);

        Assert.Contains("did not answer on its port within 60 seconds", push, StringComparison.Ordinal);
        Assert.Contains("R10", push, StringComparison.Ordinal);
    }
}

/// <summary>What holds for every rejected push.</summary>
internal static class Rejected
{
    /// <summary>Pushes a broken commit under load and returns what the pusher read.</summary>
    public static async Task<string> UnderLoadAsync(TestApp app)
    {
        var before = await app.GetAsync();
        var live = (await app.InfoAsync()).Release;
        var container = Assert.Single(await app.ContainersAsync()).Id;
        await using var load = await Load.StartAsync(app, clients: 2);

        var push = await app.PushRejectedAsync();

        Assert.All(await load.StopAsync(), answer => Assert.Equal(before, answer.Body));
        Assert.Contains($"v{live} stays live", push.Errors, StringComparison.Ordinal);
        Assert.Equal(live, (await app.InfoAsync()).Release);
        await app.SettleAsync();
        Assert.Equal(container, Assert.Single(await app.ContainersAsync()).Id);
        return push.Errors;
    }
}
