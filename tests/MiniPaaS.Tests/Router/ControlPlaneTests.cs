using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Tests.Router;

public sealed class ControlPlaneTests
{
    [Theory]
    [InlineData("paas.localhost")]
    [InlineData("PAAS.localhost:8080")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("192.0.2.7")]
    [InlineData(null)]
    public async Task Control_hosts_reach_the_socket_of_the_control_plane_even_before_routes_are_known(string? host)
    {
        var settings = TestRouter.NewSettings();
        await using var daemon = await Backend.StartAsync(
            context => context.Response.WriteAsync(
                $"{context.Request.Host} {context.Request.Headers["X-Forwarded-For"]} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}"),
            settings.ControlSocket);
        await using var router = await TestRouter.StartAsync(settings);
        host ??= Environment.MachineName;
        Assert.Equal($"{host} 127.0.0.1 /apps?x=1", await router.TextAsync(host, "/apps?x=1"));
    }

    [Fact]
    public async Task An_app_that_claims_a_control_host_gets_it()
    {
        var settings = TestRouter.NewSettings();
        await using var daemon = await Backend.StartAsync(context => context.Response.WriteAsync("control"), settings.ControlSocket);
        await using var backend = await Backend.SaysAsync("app");
        await using var router = await TestRouter.StartAsync(
            settings, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Hosts = ["localhost"] });
        Assert.Equal("app", await router.TextAsync("localhost"));
        Assert.Equal("control", await router.TextAsync("paas.localhost"));
    }

    [Theory]
    [InlineData("/internal/push", true)]
    [InlineData("/internal", true)]
    [InlineData("/INTERNAL/push", true)]
    [InlineData("//internal/push", true)]
    [InlineData("/%69nternal/push", true)]
    [InlineData("/x/../internal/push", true)]
    [InlineData("/x/%2e%2e/internal/push", true)]
    [InlineData("/internal?x", true)]
    [InlineData("/internals", false)]
    [InlineData("/apps/internal/", false)]
    public async Task What_is_internal_to_the_machine_is_refused(string path, bool refused)
    {
        var settings = TestRouter.NewSettings();
        await using var daemon = await Backend.StartAsync(context => context.Response.WriteAsync("reached"), settings.ControlSocket);
        await using var router = await TestRouter.StartAsync(settings);
        await using var visitor = await RawClient.ConnectAsync(router.Port);
        await visitor.SayAsync($"GET {path} HTTP/1.1\r\nHost: paas.localhost\r\nConnection: close\r\n\r\n");
        var answer = await visitor.HearAsync("\0 never: until it closes");
        Assert.StartsWith(refused ? "HTTP/1.1 404" : "HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(!refused, answer.Contains("reached", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_internal_path_of_an_app_is_its_own()
    {
        await using var backend = await Backend.SaysAsync("app");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        Assert.Equal("app", await router.TextAsync("shop.localhost", "/internal/push"));
    }

    [Fact]
    public async Task A_push_arrives_whole_and_its_output_comes_line_by_line()
    {
        var settings = TestRouter.NewSettings();
        var heard = new TaskCompletionSource();
        await using var daemon = await Backend.StartAsync(
            async context =>
            {
                await context.Response.WriteAsync($"-----> {await context.Request.Body.HearAsync("pack")}\n");
                await heard.Task.WaitAsync(TimeSpan.FromSeconds(20));
                await context.Response.WriteAsync("live\n");
            },
            settings.ControlSocket);
        await using var router = await TestRouter.StartAsync(settings);
        using var answer = await router.SendAsync(
            "paas.localhost", "/shop.git/git-receive-pack", HttpMethod.Post, new StringContent("0000pack"));
        await using var output = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("-----> 0000pack\n", await output.HearAsync("\n"));
        heard.SetResult();
        Assert.Equal("live\n", await output.HearAsync("\n"));
    }

    [Fact]
    public async Task A_silent_control_plane_is_said_to_be_so_and_apps_are_served()
    {
        await using var backend = await Backend.SaysAsync("app");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var answer = await router.SendAsync("paas.localhost", "/apps");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("control plane does not answer", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("app", await router.TextAsync("shop.localhost"));
    }
}
