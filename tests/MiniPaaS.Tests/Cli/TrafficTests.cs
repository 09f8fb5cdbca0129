using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>Domains, maintenance, holds, routing rules, canaries and metrics from the command line.</summary>
public sealed class TrafficTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Since = new(2026, 11, 21, 3, 40, 0, TimeSpan.Zero);

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
    public async Task Domains_are_added_listed_and_removed()
    {
        var added = await _paas.RunAsync("domains:add", "*.example.org");
        await _paas.RunAsync("domains:add", "www.example.com");
        var listed = await _paas.RunAsync("domains");
        var removed = await _paas.RunAsync("domains:remove", "*.example.org");
        var cleared = await _paas.RunAsync("domains:clear");

        Assert.Equal("Adding *.example.org to myapp... done\nPoint its DNS entry to myapp.localhost\n", added.Out);
        Assert.Equal(
            "myapp.localhost\tplatform\t-\n*.example.org\tcustom\tmyapp.localhost\nwww.example.com\tcustom\tmyapp.localhost\n", listed.Out);
        Assert.Equal("Removing *.example.org from myapp... done\n", removed.Out);
        Assert.Equal("Removing all domains from myapp... done, www.example.com\n", cleared.Out);
        Assert.Equal(["myapp.localhost"], _server.Apps["myapp"].Domains.AsEnumerable());
        Assert.Contains(_server.Requests, request => request is { Method: "DELETE", Target: "/apps/myapp/domains/*.example.org" });
    }

    [Fact]
    public async Task A_domain_that_is_taken_is_refused_in_the_servers_words()
    {
        var result = await _paas.RunAsync("domains:add", "taken.example.org");

        Assert.Equal((1, ""), (result.ExitCode, result.Out));
        Assert.Contains("in use on this platform already", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Maintenance_is_switched_and_shown()
    {
        Assert.Equal("off\n", (await _paas.RunAsync("maintenance")).Out);
        Assert.Equal("Enabling maintenance mode for myapp... done\n", (await _paas.RunAsync("maintenance:on")).Out);
        Assert.Equal("on\n", (await _paas.RunAsync("maintenance")).Out);
        Assert.Equal("""{"maintenance":true}""", _server.Requests.Single(request => request.Method == "PATCH").Body);
        Assert.Equal("Disabling maintenance mode for myapp... done\n", (await _paas.RunAsync("maintenance:off")).Out);
    }

    [Theory]
    [InlineData("45", 45)]
    [InlineData("45s", 45)]
    [InlineData("2m", 120)]
    [InlineData(null, 30)]
    public async Task Requests_are_held_for_some_time_and_resumed(string? length, int seconds)
    {
        var held = await _paas.RunAsync(length is null ? ["traffic:hold"] : ["traffic:hold", "--for", length]);

        Assert.Equal($"Holding requests to myapp... done, for {seconds} s at most\n", held.Out);
        Assert.Equal($$"""{"seconds":{{seconds}}}""", _server.Requests.Single(request => request.Method == "POST").Body);
        Assert.StartsWith("hold\t2026-11-21T03:4", (await _paas.RunAsync("traffic")).Out, StringComparison.Ordinal);
        Assert.Equal("Resuming requests to myapp... done\n", (await _paas.RunAsync("traffic:resume")).Out);
        Assert.Equal("serve\t-\n", (await _paas.RunAsync("traffic")).Out);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("soon")]
    [InlineData("-5s")]
    public async Task A_length_that_cannot_be_is_refused_without_asking_the_server(string length)
    {
        Assert.Equal(2, (await _paas.RunAsync("traffic:hold", "--for", length)).ExitCode);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Routing_rules_are_set_unset_and_shown()
    {
        var set = await _paas.RunAsync("routing:set", "https-only=on", "max-concurrent=50");
        var unset = await _paas.RunAsync("routing:unset", "max-concurrent");

        Assert.Equal("Changing https-only, max-concurrent of myapp... done, now https-only=on max-concurrent=50\n", set.Out);
        Assert.Equal("Changing max-concurrent of myapp... done, now max-concurrent=0\n", unset.Out);
        Assert.Equal(
            ["""{"https-only":"on","max-concurrent":"50"}""", """{"max-concurrent":null}"""],
            _server.Requests.Where(request => request.Method == "PATCH").Select(request => request.Body));
        Assert.Contains("https-only\ton\tabout https-only\n", (await _paas.RunAsync("routing")).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await _paas.RunAsync("routing:set", "https-only")).ExitCode);
    }

    [Fact]
    public async Task Session_affinity_has_herokus_name_too()
    {
        Assert.Equal("Enabling http-session-affinity for myapp... done\n", (await _paas.RunAsync("features:enable", "http-session-affinity", "-a", "myapp")).Out);
        Assert.True(_server.Affinity);
        Assert.Equal("http-session-affinity\ton\tsticky\n", (await _paas.RunAsync("features")).Out);
        await _paas.RunAsync("features:disable", "http-session-affinity");
        Assert.False(_server.Affinity);
    }

    [Fact]
    public async Task A_canary_is_shown_with_its_dynos_and_its_problem()
    {
        Assert.Contains("No canary is under way", (await _paas.RunAsync("canary")).Out, StringComparison.Ordinal);
        _server.Canary = new OpenCanary(
            7, 6, 10, "Deploy 1a2b3c4d", Since, [Wire.Dyno("web.1", "crashed", 7, "php -S")], "web.1 exited with status 1.");

        var shown = (await _paas.RunAsync("canary")).Out;

        Assert.Contains("Visitors\t10 % get v7, the others v6\n", shown, StringComparison.Ordinal);
        Assert.Contains("Dynos\tweb.1 crashed\n", shown, StringComparison.Ordinal);
        Assert.Contains("Problem\tweb.1 exited with status 1.\n", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_canary_gets_another_share_is_promoted_or_given_up()
    {
        _server.Canary = new OpenCanary(7, 6, 10, "Deploy 1a2b3c4d", Since, [], null);
        _server.Deployment = [new(7, "Flipping", false, false, null, 60), new(7, "Done", true, true, null, 61)];

        Assert.Equal("Giving the canary of myapp 50 % of the visitors... done\n", (await _paas.RunAsync("canary:set", "50")).Out);
        Assert.Equal(50, _server.Canary.Percent);
        Assert.Equal("Promoting the canary of myapp... done, v7 is live\n", (await _paas.RunAsync("canary:promote")).Out);
        Assert.Equal("Giving up the canary of myapp... done, v7 gets no visitors any more\n", (await _paas.RunAsync("canary:abort")).Out);
        Assert.Equal(2, (await _paas.RunAsync("canary:set", "101")).ExitCode);
        Assert.Equal(2, (await _paas.RunAsync("canary:on", "0")).ExitCode);
    }

    [Fact]
    public async Task Canaries_are_switched_on_and_off_for_new_releases()
    {
        Assert.Equal(
            "Switching canaries of myapp on... done, new releases begin with 10 % of the visitors\n", (await _paas.RunAsync("canary:on", "10")).Out);
        Assert.Equal("10", _server.Rules["canary"]);
        Assert.Equal("Switching canaries of myapp off... done\n", (await _paas.RunAsync("canary:off")).Out);
        Assert.Equal("0", _server.Rules["canary"]);
    }

    [Fact]
    public async Task A_config_change_that_becomes_a_canary_ends_well_and_says_so()
    {
        _server.Deployment = [new(7, "Starting", false, false, null, 1), new(7, "Canary", false, false, null, 2)];

        var result = await _paas.RunAsync("config:set", "A=1");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("v7 is a canary now", result.Out, StringComparison.Ordinal);
        Assert.Contains("paas canary:promote", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_lines_are_asked_for_by_source()
    {
        await _paas.RunAsync("logs", "--source", "router");

        Assert.Contains(_server.Requests, request => request.Body.Contains("\"source\":\"router\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_of_an_app_are_summed_up_and_those_of_the_platform_printed_as_they_are()
    {
        _server.Metrics = new AppMetrics(
            1000, ImmutableSortedDictionary<string, long>.Empty.Add("2xx", 990).Add("5xx", 10), 0.01, 3, 1, 12345, 0.0031, 0.25);

        var summary = (await _paas.RunAsync("metrics")).Out;

        Assert.Contains("Requests\t1000\nStatuses\t2xx 990, 5xx 10\nErrors\t1 % answered with 5xx\nHalf within\t3.1 ms\n99 % within\t250.0 ms\n", summary, StringComparison.Ordinal);
        Assert.Equal("# TYPE minipaas_apps gauge\nminipaas_apps 1\n", (await _paas.RunAsync("metrics", "--all")).Out);
    }
}
