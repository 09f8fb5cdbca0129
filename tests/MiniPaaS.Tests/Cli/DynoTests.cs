using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class DynoTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 6);
        _paas.Environment["PAAS_APP"] = "myapp";
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Dynos_are_listed_with_state_and_release()
    {
        _server.Dynos = [Wire.Dyno("web.1", "up", 6, "php -S"), Wire.Dyno("worker.1", "crashed", 6, "php worker.php")];

        var text = await _paas.RunAsync("ps");
        var json = await _paas.RunAsync("ps", "--json");

        Assert.Equal(
            "web.1\tup\tv6\t2026-11-21T03:40:00Z\tphp -S\nworker.1\tcrashed\tv6\t2026-11-21T03:40:00Z\tphp worker.php\n", text.Out);
        using var dynos = JsonDocument.Parse(json.Out);
        var first = dynos.RootElement[0];
        Assert.Equal(("web.1", "up", 6), (
            first.GetProperty("name").GetString(), first.GetProperty("state").GetString(), first.GetProperty("release").GetProperty("version").GetInt32()));
        Assert.Equal("2026-11-21T03:40:00Z", first.GetProperty("updated_at").GetString());
    }

    [Fact]
    public async Task No_dynos_say_how_to_get_some()
    {
        var result = await _paas.RunAsync("ps");

        Assert.Equal((0, ""), (result.ExitCode, result.Out));
        Assert.Contains("ps:scale web=1", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scale_without_arguments_shows_the_formation()
    {
        var result = await _paas.RunAsync("ps:scale");

        Assert.Equal("web\t1\tphp -S\nworker\t0\tphp worker.php\n", result.Out);
    }

    [Fact]
    public async Task Scale_sets_quantities_absolutely_and_relatively()
    {
        var absolute = await _paas.RunAsync("ps:scale", "web=2", "worker=1");
        var relative = await _paas.RunAsync("ps:scale", "web+3", "worker-5");

        Assert.Equal("Scaling dynos of myapp... done, now running web at 2, worker at 1\n", absolute.Out);
        Assert.Equal("Scaling dynos of myapp... done, now running web at 5, worker at 0\n", relative.Out);
        Assert.Equal(
            """{"updates":[{"type":"web","quantity":"2"},{"type":"worker","quantity":"1"}]}""",
            _server.Requests.First(request => request.Method == "PATCH").Body);
    }

    [Theory]
    [InlineData(null, "/apps/myapp/dynos", "all dynos")]
    [InlineData("web", "/apps/myapp/dynos/web", "web")]
    [InlineData("worker.1", "/apps/myapp/dynos/worker.1", "worker.1")]
    public async Task Restart_reaches_all_a_type_or_one_dyno(string? which, string target, string words)
    {
        var result = await _paas.RunAsync(which is null ? ["ps:restart"] : ["ps:restart", which]);

        Assert.Equal((0, $"Restarting {words} of myapp... done\n"), (result.ExitCode, result.Out));
        Assert.Contains(_server.Requests, request => request.Method == "DELETE" && request.Target == target);
    }

    [Fact]
    public async Task A_dyno_name_cannot_leave_its_path_segment()
    {
        await _paas.RunAsync("ps:restart", "x/../../../other");

        Assert.Equal("/apps/myapp/dynos/x%2F..%2F..%2F..%2Fother", _server.Requests.Single(request => request.Method == "DELETE").Target);
    }
}
