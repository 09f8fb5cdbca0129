using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Daemon.Draining;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Tests.Api;
using MiniPaaS.Tests.Cli;

namespace MiniPaaS.Tests.Draining;

public sealed class DrainTests
{
    [Fact]
    public void A_line_becomes_an_octet_counted_syslog_message()
    {
        const string line = "2026-11-21T03:40:00.123456+00:00 app[web.1]: héllo [x]: y";

        var syslog = Encoding.UTF8.GetString(SyslogFrames.Syslog([line], "d.1"));
        var logplex = Encoding.UTF8.GetString(SyslogFrames.Logplex([line, "2026-11-21T03:40:00.123456+00:00 paas[router]: at=info"]));

        const string message = "<190>1 2026-11-21T03:40:00.123456+00:00 d.1 app web.1 - - héllo [x]: y";
        Assert.Equal($"{Encoding.UTF8.GetByteCount(message)} {message}", syslog);
        const string first = "<190>1 2026-11-21T03:40:00.123456+00:00 host app web.1 - héllo [x]: y\n";
        const string second = "<158>1 2026-11-21T03:40:00.123456+00:00 host heroku router - at=info\n";
        Assert.Equal($"{Encoding.UTF8.GetByteCount(first)} {first}{Encoding.UTF8.GetByteCount(second)} {second}", logplex);
    }

    [Theory]
    [InlineData("syslog://logs.example.org", 514, false)]
    [InlineData("syslog+tls://logs.example.org", 6514, true)]
    [InlineData("syslog://logs.example.org:1234", 1234, false)]
    [InlineData("https://u:p@logs.example.org/path?q=1", 443, true)]
    public void Addresses_have_the_ports_of_their_protocols(string url, int port, bool tls)
    {
        Assert.True(DrainAddress.TryParse(url, out var address, out var error), error);
        Assert.Equal((port, tls), (address.Port, address.IsTls));
        Assert.DoesNotContain("u:p", address.Url.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("logs.example.org:514")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://logs.example.org")]
    public void Other_addresses_are_refused(string? url) => Assert.False(DrainAddress.TryParse(url, out _, out _));

    [Theory]
    [InlineData("syslog://127.0.0.1:514")]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("http://[::1]:80/")]
    public async Task Networks_around_the_server_are_closed(string url)
    {
        await using var host = await ApiHost.StartAsync();
        await host.AppAsync("myapp");
        var error = await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-drains", $$"""{"url":"{{url}}"}"""), 422, "invalid_params");
        Assert.Contains("MINIPAAS_PRIVATE_HOSTS", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_reach_a_syslog_server_from_when_the_drain_was_added_until_it_is_removed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"syslog://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        await using var host = await ApiHost.StartAsync(privateHosts: "127.0.0.1");
        var app = await host.AppAsync("myapp");
        var logs = host.Parts.GetRequiredService<LogBook>();
        logs.App(app.Id, "web.1", ["before"]);

        var added = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-drains", $$"""{"url":"{{url}}"}"""), 201);
        logs.App(app.Id, "web.1", ["one", "two"]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var client = await listener.AcceptTcpClientAsync(deadline.Token);
        var received = "";
        var buffer = new byte[4096];
        while (!received.Contains(" two", StringComparison.Ordinal))
        {
            var read = await client.GetStream().ReadAsync(buffer, deadline.Token);
            Assert.NotEqual(0, read);
            received += Encoding.UTF8.GetString(buffer, 0, read);
        }

        var token = added.GetProperty("token").GetString()!;
        Assert.Contains($" {token} app web.1 - - one", received, StringComparison.Ordinal);
        Assert.DoesNotContain("before", received, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => host.Parts.GetRequiredService<Drains>().FiguresOf(1) is { Delivered: >= 2, Dropped: 0, Error: null });

        var removed = await host.SendAsync(HttpMethod.Delete, $"/apps/myapp/log-drains/{Uri.EscapeDataString(url)}");
        Assert.Equal(url, (await ApiHost.JsonAsync(removed, 200)).GetProperty("url").GetString());
        while (await client.GetStream().ReadAsync(buffer, deadline.Token) > 0)
        {
        }

        Assert.Equal("[]", (await host.GetAsync("/apps/myapp/log-drains")).GetRawText());
    }

    [Fact]
    public async Task Lines_are_posted_as_Logplex_does_and_again_after_a_failure()
    {
        var (posts, failures) = (new ConcurrentQueue<(string Count, string Token, string Type, string Authorization, string Body)>(), 1);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var receiver = builder.Build();
        receiver.MapPost("/logs", async context =>
        {
            var headers = context.Request.Headers;
            posts.Enqueue((
                headers["Logplex-Msg-Count"]!, headers["Logplex-Drain-Token"]!, context.Request.ContentType!, headers.Authorization!,
                await new StreamReader(context.Request.Body).ReadToEndAsync()));
            context.Response.StatusCode = Interlocked.Decrement(ref failures) >= 0 ? 503 : 204;
        });
        await receiver.StartAsync();
        var url = $"http://user:pass@{receiver.Urls.Single()["http://".Length..]}/logs";
        await using var host = await ApiHost.StartAsync(privateHosts: "127.0.0.1");
        var app = await host.AppAsync("myapp");

        var added = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-drains", $$"""{"url":"{{url}}"}"""), 201);
        host.Parts.GetRequiredService<LogBook>().App(app.Id, "web.1", ["hello"]);
        await Eventually.HoldsAsync(() => host.Parts.GetRequiredService<Drains>().FiguresOf(1) is { Delivered: > 0, Error: null } && posts.Count >= 2);

        var (first, again) = (posts.First(), posts.ElementAt(1));
        Assert.Equal(first, again);
        Assert.Equal("application/logplex-1", first.Type);
        Assert.Equal(added.GetProperty("token").GetString(), first.Token);
        Assert.Equal($"Basic {Convert.ToBase64String("user:pass"u8)}", first.Authorization);
        Assert.Contains(" host app web.1 - hello\n", string.Concat(posts.Select(post => post.Body)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_receiver_refuses_is_given_up_and_counted()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var receiver = builder.Build();
        receiver.MapPost("/", context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        await receiver.StartAsync();
        await using var host = await ApiHost.StartAsync(privateHosts: "127.0.0.1");
        var app = await host.AppAsync("myapp");
        await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-drains", $$"""{"url":"{{receiver.Urls.Single()}}"}""");
        host.Parts.GetRequiredService<LogBook>().App(app.Id, "web.1", ["hello"]);

        await Eventually.HoldsAsync(() => host.Parts.GetRequiredService<Drains>().FiguresOf(1) is { Delivered: 0, Dropped: > 0, Error: "it answered 403" });
    }
}
