using System.Net;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Tests.Router;

public sealed class AdminTests
{
    [Fact]
    public async Task Status_tells_instance_apps_and_whether_routes_are_known()
    {
        await using var router = await TestRouter.StartAsync();
        var before = await router.GetAsync<RouterStatus>("/status");
        Assert.Equal((router.Settings.InstanceId, Environment.ProcessId, false), (before.InstanceId, before.Pid, before.Synchronised));
        await router.PutAsync("/routes", Make.Snapshot(Make.Route("shop", 1)));
        await router.TextAsync("shop.localhost");

        // The answer's last byte arrives before the router has done with the request.
        await Eventually.TrueAsync(async () => (await router.GetAsync<RouterStatus>("/status")) is { Apps: 1, Requests: 1, InFlight: 0, Synchronised: true });
    }

    [Fact]
    public async Task The_socket_has_its_name_only_when_it_can_be_connected_to()
    {
        var settings = TestRouter.NewSettings();
        var directory = Directory.CreateDirectory(Path.GetDirectoryName(settings.AdminSocket)!).FullName;
        var appeared = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(directory);
        watcher.Created += (_, file) => Appeared("created", file.Name);
        watcher.Renamed += (_, file) => Appeared("renamed", file.Name);
        watcher.EnableRaisingEvents = true;
        await using var router = await TestRouter.StartAsync(settings);
        Assert.Equal("renamed", await appeared.Task.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal([settings.AdminSocket], Directory.GetFiles(directory));

        void Appeared(string how, string? name)
        {
            if (name == Path.GetFileName(settings.AdminSocket))
            {
                appeared.TrySetResult(how);
            }
        }
    }

    [Fact]
    public async Task Routes_come_back_as_they_were_put()
    {
        var route = Make.Route("shop", 3, Make.Target("c1", "10.213.0.7:5000")) with { Mode = RouteMode.Maintenance };
        await using var router = await TestRouter.StartAsync(null, route);
        var app = Assert.Single((await router.GetAsync<RouteSnapshot>("/routes")).Apps);
        Assert.Equal(route with { Hosts = app.Hosts, Targets = app.Targets }, app);
        Assert.Equal(route.Hosts.AsEnumerable(), app.Hosts.AsEnumerable());
        Assert.Equal(route.Targets.AsEnumerable(), app.Targets.AsEnumerable());
    }

    [Fact]
    public async Task A_stale_version_is_a_conflict_and_a_repeated_one_is_acknowledged()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 3));
        using var stale = await router.TryPutAsync("/apps/shop", Make.Route("shop", 2));
        using var other = await router.TryPutAsync("/apps/shop", Make.Route("shop", 3) with { Mode = RouteMode.Maintenance });
        using var same = await router.TryPutAsync("/apps/shop", Make.Route("shop", 3));
        Assert.Equal(
            (HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.OK),
            (stale.StatusCode, other.StatusCode, same.StatusCode));
    }

    [Fact]
    public async Task A_deleted_app_is_unknown_and_deleting_it_again_is_fine()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        using var first = await router.DeleteAsync("/apps/shop");
        using var second = await router.DeleteAsync("/apps/shop");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        using var answer = await router.SendAsync("shop.localhost");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Routes_that_make_no_sense_are_refused_whole()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        AppRoute[] wrong =
        [
            Make.Route("shop", 2, Make.Target("c1", "10.213.0.7")),
            Make.Route("shop", 2, Make.Target("c1", "shop.internal:5000")),
            Make.Route("shop", 2, Make.Target("", "10.213.0.7:5000")),
            Make.Route("shop", 2, Make.Target("c1", "10.213.0.7:5000"), Make.Target("c1", "10.213.0.8:5000")),
            Make.Route("blog", 2),
            Make.Route("shop", 2) with { Hosts = [""] },
            Make.Route("shop", 2) with { Policy = new RoutePolicy { HoldSeconds = -1 } },
            Make.Route("shop", 2) with { Policy = new RoutePolicy { HoldSeconds = RouteCheck.LongestHold + 1 } },
        ];
        foreach (var route in wrong)
        {
            using var answer = await router.TryPutAsync("/apps/shop", route);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        using var twice = await router.TryPutAsync("/routes", Make.Snapshot(Make.Route("shop", 2), Make.Route("shop", 3)));
        Assert.Equal(HttpStatusCode.BadRequest, twice.StatusCode);
        using var nothing = await router.TryPutAsync("/apps/shop", new ApiError("not", "a route"));
        Assert.Equal(HttpStatusCode.BadRequest, nothing.StatusCode);
        Assert.Equal(1, Assert.Single((await router.GetAsync<RouteSnapshot>("/routes")).Apps).Version);
    }

    [Fact]
    public async Task A_snapshot_of_another_boot_is_a_conflict()
    {
        await using var router = await TestRouter.StartAsync();
        using var answer = await router.TryPutAsync("/routes", new RouteSnapshot("another", [Make.Route("shop", 1)]));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.False((await router.GetAsync<RouterStatus>("/status")).Synchronised);
    }

    [Fact]
    public async Task The_admin_api_cannot_be_reached_from_the_public_port()
    {
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1));
        foreach (var host in new[] { "router", "shop.localhost", "localhost", Path.GetFileName(router.Settings.AdminSocket) })
        {
            foreach (var path in new[] { "/status", "/routes", "/targets/c1/drained" })
            {
                using var read = await router.SendAsync(host, path);
                Assert.False(read.IsSuccessStatusCode);
            }

            using var write = await router.SendAsync(host, "/apps/shop", HttpMethod.Delete);
            Assert.False(write.IsSuccessStatusCode);
        }

        Assert.Single((await router.GetAsync<RouteSnapshot>("/routes")).Apps);
    }

    [Fact]
    public async Task The_socket_is_for_owner_and_group_and_goes_when_the_router_stops()
    {
        var settings = TestRouter.NewSettings();
        await using (await TestRouter.StartAsync(settings))
        {
            Assert.Equal("rw-rw----", Words(File.GetUnixFileMode(settings.AdminSocket)));
        }

        Assert.False(File.Exists(settings.AdminSocket));
    }

    private static string Words(UnixFileMode mode)
        => string.Concat(Enumerable.Range(0, 9).Select(bit => ((int)mode & (256 >> bit)) != 0 ? "rwx"[bit % 3] : '-'));
}
