using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Building;

/// <summary>Builders that wait for the next build of their app.</summary>
[Collection("engine")]
public sealed class WarmBuilderTests : IAsyncLifetime
{
    // What a build can leave behind: programs, files in each place that it can write to, directories that nobody can enter.
    private const string Litter =
        """
        setsid sleep 1000 </dev/null >/dev/null 2>&1 &
        setsid python3 -c 'import time; time.sleep(1000)' </dev/null >/dev/null 2>&1 &
        echo left > /tmp/left; echo left > /var/tmp/left; echo left > /dev/shm/left; echo left > ~/.left
        mkdir -p /tmp/closed/deep; echo left > /tmp/closed/deep/file; chmod 000 /tmp/closed; ln -s $CACHE_DIR /tmp/link
        echo kept > $CACHE_DIR/kept; echo left > $BUILD_DIR/left
        """;

    private const string Inventory =
        """
        for exe in /proc/[0-9]*/exe; do readlink $exe; done | sed 's,.*/,runs ,' | grep -E 'sleep|python' | sort
        ls -A /tmp /var/tmp /dev/shm ~ "$BUILD_DIR" "$ENV_DIR" | sed 's/^/sees /'
        cat $CACHE_DIR/kept 2>/dev/null | sed 's/^/cache /'
        echo "in $(cat /etc/hostname) as $SOURCE_VERSION $REQUEST_ID"
        """;

    private readonly BuildHost host = new();

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.KeepBuilders(2);
    }

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_builder_serves_the_next_build_of_its_app_which_finds_the_server_and_nothing_else_of_the_last()
    {
        UseServer("/usr/bin/sle*p");
        host.Succeeded(await host.ScriptAsync(Litter));
        var waiting = Assert.Single(await IdleAsync());
        Assert.Equal("paused", (await host.Docker.InspectContainerAsync(waiting.Id, CancellationToken.None))!.Status);
        Assert.InRange(Assert.Single(host.Builders.Idle).Memory, 1, 200 << 20);

        host.Succeeded(await host.ScriptAsync(Inventory));

        Assert.Equal(waiting.Id, Assert.Single(await IdleAsync()).Id);
        Assert.Contains("runs sleep", host.Lines);
        Assert.DoesNotContain("runs python", host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Lines, line => line is "sees left" or "sees .left" or "sees closed" or "sees link" or "sees deep");
        Assert.Contains("cache kept", host.Lines);
        Assert.Contains($"in {waiting.Id[..12]} as {new string('a', 40)} build-2", host.Lines);
    }

    [Fact]
    public async Task Without_a_server_a_fresh_container_waits_for_the_next_build()
    {
        host.UseScriptPack();
        host.Succeeded(await host.ScriptAsync(Litter));
        var waiting = Assert.Single(await IdleAsync());

        host.Succeeded(await host.ScriptAsync(Inventory));

        Assert.Contains($"in {waiting.Id[..12]} as {new string('a', 40)} build-2", host.Lines);
        Assert.DoesNotContain(host.Lines, line => line.StartsWith("runs ", StringComparison.Ordinal) || line is "sees left" or "sees .left" or "sees closed");
        Assert.NotEqual(waiting.Id, Assert.Single(await IdleAsync()).Id);
    }

    [Fact]
    public async Task A_builder_serves_neither_another_app_nor_a_clean_build_nor_other_config_vars()
    {
        UseServer("/usr/bin/sleep");
        host.Succeeded(await host.ScriptAsync(Litter));
        var waiting = Assert.Single(await IdleAsync());

        var request = host.Request(("compile.sh", Inventory), ("Procfile", "web: ./serve\n"));
        host.Succeeded(await host.BuildAsync(request with { AppId = 43 }, CancellationToken.None));
        AssertFresh(waiting);
        host.Succeeded(await host.BuildAsync(request with { CleanCache = true }, CancellationToken.None));
        AssertFresh(waiting);
        host.Succeeded(await host.BuildAsync(
            request with { ConfigVars = MiniPaaS.Daemon.Apps.ConfigVars.From([new("GREETING", "other")]) }, CancellationToken.None));
        AssertFresh(waiting);
        Assert.DoesNotContain(await IdleAsync(), idle => idle.Id == waiting.Id);
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("kill -9 -1")]
    public async Task A_build_that_fails_takes_its_builder_with_it(string failure)
    {
        UseServer("/usr/bin/sleep");
        host.Succeeded(await host.ScriptAsync(Litter));
        Assert.Single(await IdleAsync());

        host.Rejected(await host.ScriptAsync(failure));

        Assert.Empty(await IdleAsync());
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Only_the_newest_wait_and_a_purge_leaves_none()
    {
        UseServer("/usr/bin/sleep");
        foreach (var app in (long[])[51, 52, 53])
        {
            var request = host.Request(("compile.sh", ""), ("Procfile", "web: ./serve\n")) with { AppId = app };
            host.Succeeded(await host.BuildAsync(request, CancellationToken.None));
        }

        await UntilAsync(async () => (await IdleAsync()).Length == 2);
        Assert.Equal([52L, 53L], host.Builders.Idle.Select(idle => idle.AppId));
        await host.Builder.RemoveCacheAsync(52, CancellationToken.None);
        Assert.Equal([53L], host.Builders.Idle.Select(idle => idle.AppId));
        await host.Builders.DropAllAsync();
        await host.NothingIsLeftAsync();
    }

    private void UseServer(string pattern)
    {
        host.UseScriptPack();
        File.WriteAllText(Path.Combine(host.Settings.BuildpacksDir, "script", "servers"), pattern + "\n");
    }

    private void AssertFresh(ContainerSummary waiting)
    {
        Assert.DoesNotContain($"in {waiting.Id[..12]}", host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("runs sleep", host.Text, StringComparison.Ordinal);
        Assert.Contains("in ", host.Text, StringComparison.Ordinal);
    }

    // The containers there are once everything that was begun has ended.
    private async Task<ContainerSummary[]> IdleAsync()
    {
        await host.Builders.SettledAsync();
        return [.. await host.Docker.ListContainersAsync(BuildSpec.Labels(host.Settings), CancellationToken.None)];
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); !await holds(); await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < deadline, "it did not come true in two minutes");
        }
    }
}
