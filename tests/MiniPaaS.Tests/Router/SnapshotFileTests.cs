using System.Net;
using System.Text.Json;
using MiniPaaS.Protocol;
using MiniPaaS.Router;

namespace MiniPaaS.Tests.Router;

public sealed class SnapshotFileTests
{
    [Fact]
    public async Task A_restarted_router_serves_at_once_what_the_last_one_knew()
    {
        await using var backend = await Backend.SaysAsync("hello");
        var settings = TestRouter.NewSettings();
        var first = await TestRouter.StartAsync(settings, Make.Route("shop", 1));
        await first.PutAppAsync(Make.Route("shop", 2, Make.Target("c1", backend.Address)));
        await first.StopAsync();
        await using var second = await TestRouter.StartAsync(settings);
        Assert.Equal("hello", await second.TextAsync("shop.localhost"));
        Assert.True((await second.GetAsync<RouterStatus>("/status")).Synchronised);
        using var unknown = await second.SendAsync("other.localhost");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task The_mirror_is_written_while_the_router_runs_for_its_owner_alone()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 7));
        var path = router.Settings.SnapshotPath;
        await Eventually.TrueAsync(() => File.Exists(path) && File.ReadAllText(path).Contains("\"version\":7", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        await router.PutAppAsync(Make.Route("shop", 8));
        await Eventually.TrueAsync(() => File.ReadAllText(path).Contains("\"version\":8", StringComparison.Ordinal));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Theory]
    [InlineData("{\"boot_id\":\"an-older-boot\",\"apps\":[]}")]
    [InlineData("{\"boot_id\":\"6f1c0e9e-0000-4000-8000-000000000001\",\"ap")]
    [InlineData("{\"boot_id\":\"6f1c0e9e-0000-4000-8000-000000000001\"}")]
    [InlineData("{\"boot_id\":\"6f1c0e9e-0000-4000-8000-000000000001\",\"apps\":[null]}")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_mirror_of_another_boot_or_a_broken_one_is_not_obeyed(string content)
    {
        var settings = TestRouter.NewSettings();
        Directory.CreateDirectory(Path.GetDirectoryName(settings.SnapshotPath)!);
        await File.WriteAllTextAsync(settings.SnapshotPath, content);
        await using var router = await TestRouter.StartAsync(settings);
        Assert.False((await router.GetAsync<RouterStatus>("/status")).Synchronised);
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("starting", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_known_only_in_part_serve_but_are_not_mirrored_as_the_whole()
    {
        await using var backend = await Backend.SaysAsync("hello");
        var settings = TestRouter.NewSettings();
        await using var first = await TestRouter.StartAsync(settings);
        await first.PutAppAsync(Make.Route("shop", 2, Make.Target("c1", backend.Address)));
        Assert.Equal("hello", await first.TextAsync("shop.localhost"));
        using (var other = await first.SendAsync("blog.localhost"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, other.StatusCode);
        }

        await first.StopAsync();
        Assert.False(File.Exists(settings.SnapshotPath));
    }

    [Fact]
    public async Task A_disk_that_cannot_be_written_changes_nothing_for_visitors()
    {
        var settings = TestRouter.NewSettings();

        // A file where the directory should be: root cannot write there either.
        await File.WriteAllTextAsync(Path.Combine(settings.StateDir, "router"), "");
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        Assert.Equal("hello", await router.TextAsync("shop.localhost"));
    }

    [Fact]
    public void A_directory_is_brought_to_the_disk_or_it_is_said_why_not()
    {
        var directory = Directory.CreateTempSubdirectory("mp-mirror-");
        try
        {
            MirrorFile.Flush(directory.FullName);
            var missing = Assert.Throws<IOException>(() => MirrorFile.Flush(Path.Combine(directory.FullName, "missing")));
            Assert.Contains("missing cannot be opened: No such file", missing.Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete();
        }
    }

    [Fact]
    public void Routes_in_json_are_snake_case()
    {
        var json = JsonSerializer.Serialize(Make.Snapshot(), ProtocolJson.Default.RouteSnapshot);
        Assert.Equal($"{{\"boot_id\":\"{Make.BootId}\",\"apps\":[]}}", json);
    }
}
