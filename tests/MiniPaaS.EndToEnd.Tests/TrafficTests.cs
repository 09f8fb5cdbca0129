using System.Net;
using MiniPaaS.EndToEnd.Harness;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd;

/// <summary>What a user can say about an app's visitors: every word is in force when its command returns.</summary>
public sealed class TrafficTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Domains_come_and_go_while_visitors_are_served()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "domained");
        await using var load = await Load.StartAsync(app);

        await app.PaasAsync("domains:add", "WWW.Domained.test");
        Assert.Equal((200, "version 1"), await app.AskHostAsync("www.domained.test"));
        await app.PaasAsync("domains:add", "*.wild.domained.test");
        Assert.Equal((200, "version 1"), await app.AskHostAsync("any.wild.domained.test"));
        Assert.Equal(404, (await app.AskHostAsync("a.b.wild.domained.test")).Status);
        Assert.Equal(
            ["domained.localhost", "www.domained.test", "*.wild.domained.test"],
            (await app.PaasAsync("domains")).Split('\n').Select(line => line.Split('\t')[0]));

        await app.PaasAsync("domains:remove", "www.domained.test");
        Assert.Equal(404, (await app.AskHostAsync("www.domained.test")).Status);
        await app.PaasAsync("domains:clear");
        Assert.Equal(404, (await app.AskHostAsync("any.wild.domained.test")).Status);
        await load.StopAsync();
    }

    [Fact]
    public async Task A_domain_that_cannot_be_is_refused_and_nobody_learns_who_has_it()
    {
        var owner = await TestApp.CreateAsync(Platform, "versioned", "owner-of-it");
        var other = await TestApp.CreateAsync(Platform, "versioned", "other-of-it");
        await owner.PaasAsync("domains:add", "www.taken.test");

        await RefusedAsync(other, "in use on this platform", "domains:add", "www.taken.test");
        await RefusedAsync(other, "in use on this platform", "domains:add", "owner-of-it.localhost");
        await RefusedAsync(owner, "a domain of this app already", "domains:add", "www.taken.test");
        await RefusedAsync(other, "belongs to the platform", "domains:add", "paas.localhost");
        await RefusedAsync(other, "cannot be a domain", "domains:add", "http://www.taken.test/");
        await RefusedAsync(other, "cannot be removed", "domains:remove", "other-of-it.localhost");
        await RefusedAsync(other, "has no domain", "domains:remove", "www.taken.test");
    }

    [Fact]
    public async Task Maintenance_shows_its_page_at_once_and_ends_at_once()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "maintained");

        await app.PaasAsync("maintenance:on");
        Assert.Equal(503, (await app.AskAsync()).Status);
        Assert.Equal("on", await app.PaasAsync("maintenance"));
        Assert.True((await app.InfoAsync()).Maintenance);
        await app.PaasAsync("maintenance:off");
        Assert.Equal((200, "version 1"), await app.AskAsync());
        Assert.Equal("off", await app.PaasAsync("maintenance"));
    }

    [Fact]
    public async Task Held_requests_go_through_when_the_hold_is_ended()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "held");

        await app.PaasAsync("traffic:hold", "--for", "5m");
        Assert.Equal(RouteMode.Hold, (await RouterSocket.RouteAsync(app))!.Mode);
        var visitors = Enumerable.Range(0, 3).Select(_ => app.AskAsync()).ToArray();
        Assert.StartsWith("hold", await app.PaasAsync("traffic"), StringComparison.Ordinal);
        Assert.DoesNotContain(visitors, visitor => visitor.IsCompleted);
        await app.PaasAsync("traffic:resume");

        Assert.All(await Task.WhenAll(visitors), answer => Assert.Equal((200, "version 1"), answer));
    }

    [Fact]
    public async Task A_hold_ends_by_itself()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "held-briefly");

        await app.PaasAsync("traffic:hold", "--for", "2s");

        Assert.Equal((200, "version 1"), await app.AskAsync());
        await Eventually.HoldsAsync("the router serves again", async () => (await RouterSocket.RouteAsync(app))!.Mode == RouteMode.Serve);
        await Eventually.HoldsAsync(
            "the log tells it", async () => (await app.PaasAsync("logs", "-n", "5000")).Contains("paas[router]: The hold is over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Routing_rules_reach_the_router()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "ruled");
        await app.PaasAsync("config:set", "ERROR_PAGE_URL=https://pages.test/error.html", "MAINTENANCE_PAGE_URL=file:///etc/passwd");

        await app.PaasAsync("routing:set", "hsts=1d", "max-concurrent=7", "client-requests-per-second=1000");
        await app.PaasAsync("features:enable", "http-session-affinity");

        Assert.Equal(
            new RoutePolicy
            {
                SessionAffinity = true,
                HstsSeconds = 86_400,
                MaxConcurrent = 7,
                ClientRequestsPerSecond = 1000,
                ErrorPageUrl = "https://pages.test/error.html",
            },
            (await RouterSocket.RouteAsync(app))!.Policy! with { AcmeChallenges = false });
        using var client = Platform.NewClient(keepAlive: false);
        using var answer = await client.GetAsync(new Uri(app.Url));
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("paas-affinity=", StringComparison.Ordinal));
        await app.PaasAsync("routing:unset", "max-concurrent");
        Assert.Equal(0, (await RouterSocket.RouteAsync(app))!.Policy!.MaxConcurrent);
        await RefusedAsync(app, "give a whole number", "routing:set", "max-concurrent=many");
        await RefusedAsync(app, "no routing rule", "routing:set", "color=blue");
    }

    [Fact]
    public async Task Visitors_wait_for_a_dyno_that_boots_and_are_told_of_one_that_keeps_crashing()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "booting");
        await app.CommitAsync("Procfile", "web: sleep 3; python3 server\n");
        (await app.PushAsync()).Expect();

        await KillAsync(app);
        await WebIsAsync(app, WebState.Starting);
        Assert.Equal((200, "version 1"), await app.AskAsync());

        await KillAsync(app);
        await WebIsAsync(app, WebState.Crashed);
        await WebIsAsync(app, WebState.Starting);
        Assert.Equal((200, "version 1"), await app.AskAsync());

        await app.PaasAsync("ps:scale", "web=0");
        await WebIsAsync(app, WebState.None);
        Assert.Equal(503, (await app.AskAsync()).Status);
    }

    [Fact]
    public async Task A_dyno_that_does_not_answer_is_told_of_and_not_restarted()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "fallen-silent");
        await app.CommitAsync("Procfile", "web: python3 server; sleep 1000\n");
        (await app.PushAsync()).Expect();
        var before = Assert.Single(await app.ContainersAsync()).Id;

        await app.AskAsync("/quit");
        await Eventually.HoldsAsync("the dyno is set aside", async () =>
        {
            await app.AskAsync();
            return Assert.Single(await app.DynosAsync()).State == "unresponsive";
        });

        await Eventually.HoldsAsync(
            "the log tells it", async () => (await app.PaasAsync("logs", "-n", "5000", "--source", "router")).Contains("web.1 set aside: ", StringComparison.Ordinal));
        Assert.Equal(before, Assert.Single(await app.ContainersAsync()).Id);
    }

    [Fact]
    public async Task Every_request_is_a_line_of_the_log()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "router-log");

        await app.GetAsync("/hello?a=1");
        await app.AskAsync("/dyno");

        await Eventually.HoldsAsync("both requests are in the log", async () => (await RouterLinesAsync(app)).Count >= 2);
        var lines = await RouterLinesAsync(app);
        Assert.Matches(
            "^[-0-9T:.]+\\+00:00 paas\\[router\\]: at=info method=GET path=\"/hello\\?a=1\" host=router-log\\.localhost(:[0-9]+)? request_id=\\S+ fwd=\"127\\.0\\.0\\.1\" "
            + "dyno=web\\.1 connect=[0-9]+ms service=[0-9]+ms status=200 bytes=9 protocol=http$",
            lines[0]);
        Assert.Contains("path=\"/dyno\"", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("paas[router]", await app.PaasAsync("logs", "--ps", "web"), StringComparison.Ordinal);
        Assert.Equal(2, (await app.PaasAsync("logs", "--ps", "router")).Split('\n').Length);
    }

    [Fact]
    public async Task Metrics_of_platform_and_routers_are_one_page_for_who_has_a_token()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "measured");
        await app.GetAsync();
        await app.GetAsync();

        using var stranger = await Platform.ApiAsync(HttpMethod.Get, "/metrics", token: null);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        using var answer = await Platform.ApiAsync(HttpMethod.Get, "/metrics", Platform.Token);
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Matches("(?m)^minipaas_dynos\\{state=\"up\"\\} [1-9]", page);
        Assert.Matches("(?m)^minipaas_deployments_total\\{result=\"succeeded\"\\} [1-9]", page);
        Assert.Matches("(?m)^minipaas_router_requests_total\\{instance=\"[^\"]+\",app=\"measured\",status=\"2xx\"\\} 2$", page);
        var heads = page.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ToArray();
        Assert.Equal(heads.Distinct(), heads);
        Assert.Matches("(?m)^Requests\\s+2$", await app.PaasAsync("metrics"));
    }

    private static async Task KillAsync(TestApp app)
    {
        var dyno = Assert.Single(await app.ContainersAsync(), container => container.State == "running");
        await app.Platform.Engine.KillAsync(dyno.Id);
    }

    private static Task WebIsAsync(TestApp app, WebState state) => Eventually.HoldsAsync(
        $"the router knows that web is {state}", async () => await RouterSocket.RouteAsync(app) is { Targets.IsEmpty: true } route && route.Web == state);

    private static async Task RefusedAsync(TestApp app, string reason, params string[] command)
    {
        var result = await app.TryPaasAsync(command);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
        // A command that takes over a second says what it waits for, and names its own app.
        var said = result.Errors.Replace("owner-of-it.localhost", "", StringComparison.Ordinal);
        Assert.True(app.Name == "owner-of-it" || !said.Contains("owner-of-it", StringComparison.Ordinal), said);
    }

    private static async Task<IReadOnlyList<string>> RouterLinesAsync(TestApp app) =>
        [.. (await app.PaasAsync("logs", "-n", "5000", "--source", "router")).Split('\n').Where(line => line.Contains(" at=", StringComparison.Ordinal))];
}
