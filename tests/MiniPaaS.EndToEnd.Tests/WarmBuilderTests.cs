using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>An instance whose builders wait for the next build of their apps.</summary>
public sealed class WarmPlatform : IAsyncLifetime
{
    internal Platform Platform { get; private set; } = null!;

    public async Task InitializeAsync() => Platform = await Platform.StartAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(
        new Dictionary<string, string> { ["MINIPAAS_WARM_BUILDERS"] = "2" }));

    public async Task DisposeAsync() => await Platform.DisposeAsync();
}

/// <summary>The builder that an app keeps changes nothing but how long a build takes.</summary>
public sealed class WarmBuilderTests(WarmPlatform warm) : PlatformTest(warm.Platform), IClassFixture<WarmPlatform>
{
    [Fact]
    public async Task A_warm_build_gives_the_slug_of_a_cold_one_and_a_killed_daemon_leaves_no_builder()
    {
        var app = await TestApp.DeployAsync(Platform, "dotnet-hello", "warmly");
        var builder = await PausedAsync(app);
        Assert.Contains($"minipaas_idle_builder_memory_bytes{{app=\"{app.Name}\"}}", await app.PaasAsync("metrics", "--all"), StringComparison.Ordinal);

        await app.CommitAsync("Program.cs", """var app = WebApplication.CreateBuilder(args).Build(); app.MapGet("/", () => "warm"); app.Run();""");
        (await app.PushAsync()).Expect();

        Assert.Equal("warm", await app.GetAsync());
        Assert.Equal(builder.Id, (await PausedAsync(app)).Id);
        Assert.Contains("the same to the bit", await app.PaasAsync("slugs:verify"), StringComparison.Ordinal);
        Assert.Equal(builder.Id, (await PausedAsync(app)).Id);

        await Platform.KillDaemonAsync();
        await Platform.StartDaemonAsync();
        Assert.DoesNotContain(await Platform.Engine.ContainersAsync(), c => c.Kind == "build");
        await app.CommitAsync("Again");
        (await app.PushAsync()).Expect();
    }

    // Held still between builds, whatever runs in it.
    private async Task<Container> PausedAsync(TestApp app)
    {
        var id = $"{(await app.InfoAsync()).Number}";
        var builders = await Eventually.GetAsync(
            "the app's builder waits",
            async () => (await Platform.Engine.ContainersAsync()).Where(c => c.Kind == "build" && c.App == id).ToArray(),
            found => found is [{ State: "paused" }]);
        return builders[0];
    }
}
