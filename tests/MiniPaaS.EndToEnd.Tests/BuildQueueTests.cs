using System.Text.Json;
using MiniPaaS.EndToEnd.Harness;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd;

/// <summary>An instance that builds one app at a time.</summary>
public sealed class NarrowPlatform : IAsyncLifetime
{
    internal Platform Platform { get; private set; } = null!;

    public async Task InitializeAsync() => Platform = await Platform.StartAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(
        new Dictionary<string, string> { ["MINIPAAS_BUILDS"] = "1" }));

    public async Task DisposeAsync() => await Platform.DisposeAsync();
}

/// <summary>Builds that wait, are overtaken, and are ended by somebody else than their pusher.</summary>
public sealed class BuildQueueTests(NarrowPlatform narrow) : PlatformTest(narrow.Platform), IClassFixture<NarrowPlatform>
{
    [Fact]
    public async Task Builds_wait_for_a_place_a_newer_push_overtakes_an_older_one_and_a_cancelled_build_leaves_nothing()
    {
        var quick = await TestApp.DeployAsync(Platform, "versioned", "queued");
        var slow = await TestApp.DeployAsync(Platform, "php-hello", "hogging");
        await slow.CommitAsync("composer.json", """{ "scripts": { "compile": "echo falling asleep; sleep 600" } }""");
        using var hog = slow.StartPush();
        await hog.SaysAsync("falling asleep");

        await quick.CommitAsync("version", "2");
        using var older = quick.StartPush();
        await older.SaysAsync("Waiting for a place to build: 1 build goes first");
        await quick.CommitAsync("version", "3");
        using var newer = quick.StartPush();

        var overtaken = await TestApp.EndOf(older);
        Assert.False(overtaken.Succeeded);
        Assert.Contains("has taken the place of this one", overtaken.Errors, StringComparison.Ordinal);
        Assert.Contains("v1 stays live", overtaken.Errors, StringComparison.Ordinal);
        await newer.SaysAsync("Waiting for a place to build");
        Assert.Equal("running", (await BuildsAsync(slow))[0].State);
        using var watching = slow.StartPaas("builds:output");
        await watching.SaysAsync("falling asleep");

        Assert.Contains("done", await slow.PaasAsync("builds:cancel"), StringComparison.Ordinal);

        var cancelled = await TestApp.EndOf(hog);
        Assert.False(cancelled.Succeeded);
        Assert.Contains("was cancelled by ada", cancelled.Errors, StringComparison.Ordinal);
        Assert.True((await TestApp.EndOf(watching)).Succeeded);
        (await TestApp.EndOf(newer)).Expect();
        Assert.Equal("version 3", await quick.GetAsync());
        Assert.Equal(["succeeded", "canceled", "succeeded"], (await BuildsAsync(quick)).Select(b => b.State));
        Assert.Equal(["canceled", "succeeded"], (await BuildsAsync(slow)).Select(b => b.State));
        await Eventually.HoldsAsync("no container is left", async () => !(await Platform.Engine.ContainersAsync()).Any(c => c.Kind == "build"));
        await Eventually.HoldsAsync("no directory is left", () => Directory.GetFileSystemEntries(Path.Combine(Platform.StateDir, "builds")).Length == 0);
        Assert.Equal(1, (await slow.InfoAsync()).Release);
        Assert.Contains("is not under way any more", (await slow.TryPaasAsync("builds:cancel")).Errors, StringComparison.Ordinal);
    }

    private static async Task<BuildInfo[]> BuildsAsync(TestApp app) =>
        [.. JsonSerializer.Deserialize(await app.PaasAsync("builds", "--json"), ProtocolJson.Default.ImmutableArrayBuildInfo)];
}
