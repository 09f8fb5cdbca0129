using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>The example applications, deployed as their READMEs say.</summary>
public sealed class ExampleTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Php_hello_answers_from_php_8()
    {
        var app = await TestApp.CreateAsync(Platform, "php-hello", "php-hello");

        var push = (await app.PushAsync()).Expect();

        Assert.StartsWith("Hello from PHP 8.", await app.GetAsync(), StringComparison.Ordinal);
        Assert.Contains("remote: -----> PHP app detected", push.Errors, StringComparison.Ordinal);
        Assert.Contains("Released v1", push.Errors, StringComparison.Ordinal);
        Assert.Contains($"{app.Url}/ deployed to MiniPaaS in ", push.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_public_php_sample_deploys_unmodified_and_shows_php_7_4()
    {
        var app = await TestApp.DeployAsync(Platform, "yet-another-test-app", "yet-another-test-app");

        Assert.Contains("PHP Version 7.4", await app.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(403, (await app.AskAsync("/composer.json")).Status);
        Assert.Equal("bullseye", (await app.InfoAsync()).Stack.Name);
    }

    [Fact]
    public async Task Dotnet_hello_answers_from_dotnet()
    {
        var app = await TestApp.DeployAsync(Platform, "dotnet-hello", "dotnet-hello");

        Assert.StartsWith("Hello from .NET 10.", await app.GetAsync(), StringComparison.Ordinal);

        await app.PaasAsync("config:set", "GREETING=Bonjour");

        Assert.StartsWith("Bonjour from .NET 10.", await app.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Procfile_only_answers_from_its_dyno()
    {
        var app = await TestApp.DeployAsync(Platform, "procfile-only", "procfile-only");

        Assert.Equal("Hello from web.1\n", await app.GetAsync());
    }

    [Theory]
    [InlineData("nodejs-hello", "Node.js", "Hello from Node.js v")]
    [InlineData("python-hello", "Python", "Hello from Python 3.")]
    [InlineData("ruby-hello", "Ruby", "Hello from Ruby 3.")]
    [InlineData("static-site", "Static HTML", "<!doctype html>")]
    public async Task An_example_of_each_language_is_detected_and_answers(string example, string language, string answer)
    {
        var app = await TestApp.CreateAsync(Platform, example, example);

        var push = (await app.PushAsync()).Expect();

        Assert.Contains($"remote: -----> {language} app detected", push.Errors, StringComparison.Ordinal);
        Assert.StartsWith(answer, await app.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_release_phase_is_part_of_the_push_and_the_worker_runs_once_scaled()
    {
        var app = await TestApp.CreateAsync(Platform, "web-worker-release", "web-worker-release");
        await app.PaasAsync("config:set", "WORK_SECONDS=0.2");

        var push = (await app.PushAsync()).Expect();

        Assert.Matches("remote: +Preparing release v2", push.Errors);
        Assert.Matches("remote: +Prepared", push.Errors);
        Assert.Equal("release v2\n", await app.GetAsync());
        Assert.Equal(["web.1"], (await app.DynosAsync()).Select(d => d.Name));

        await app.PaasAsync("ps:scale", "worker=1");

        await Eventually.HoldsAsync(
            "the worker's lines are in the logs",
            async () => (await app.PaasAsync("logs", "-n", "5000")).Contains("app[worker.1]: worker.1 finished job 1", StringComparison.Ordinal));
    }
}
