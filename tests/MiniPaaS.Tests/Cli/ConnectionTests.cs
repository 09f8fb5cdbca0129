using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Tests.Cli;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Names_under_localhost_reach_this_machine_and_keep_their_host_header()
    {
        await using var server = await TestControlPlane.StartAsync();
        using var paas = new PaasProgram(server);

        var result = await paas.RunAsync("apps", "--json");

        Assert.Equal((0, "[]\n"), (result.ExitCode, result.Out));
        Assert.Equal(new Uri(server.Url).Authority, server.Requests.Single().Host);
    }

    [Fact]
    public async Task Names_under_localhost_are_tried_on_IPv6_too()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }
        await using var server = await TestControlPlane.StartAsync(IPAddress.IPv6Loopback);
        using var paas = new PaasProgram(server);

        Assert.Equal(0, (await paas.RunAsync("apps")).ExitCode);
    }

    [Fact]
    public async Task A_proxy_is_not_asked_for_this_machine()
    {
        await using var server = await TestControlPlane.StartAsync();
        using var paas = new PaasProgram(server);
        paas.Environment["http_proxy"] = "http://127.0.0.1:1";

        Assert.Equal(0, (await paas.RunAsync("apps")).ExitCode);
    }

    [Fact]
    public async Task An_unreachable_server_is_named_with_what_to_try()
    {
        using var paas = new PaasProgram();
        paas.Environment["PAAS_SERVER"] = "http://paas.localhost:1";
        paas.Environment["PAAS_TOKEN"] = "x";

        var result = await paas.RunAsync("apps");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Cannot reach http://paas.localhost:1: Connection refused.", result.Err, StringComparison.Ordinal);
        Assert.Contains("paas login --server URL", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_else_at_the_address_is_not_taken_for_a_control_plane()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var paas = new PaasProgram();
        paas.Environment["PAAS_SERVER"] = $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}";
        paas.Environment["PAAS_TOKEN"] = "x";

        var run = paas.RunAsync("apps");
        using (var client = await listener.AcceptTcpClientAsync())
        {
            await using var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[16]);
            await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"u8.ToArray());
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null);
        }
        var result = await run;

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("answered HTTP 404 in a form that MiniPaaS does not use", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_token_says_so()
    {
        await using var server = await TestControlPlane.StartAsync();
        using var paas = new PaasProgram(server);
        paas.Environment["PAAS_TOKEN"] = "wrong";

        var result = await paas.RunAsync("apps");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("refused the token", result.Err, StringComparison.Ordinal);
        Assert.Contains("paas login", result.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_token_the_way_to_log_in_is_shown()
    {
        using var paas = new PaasProgram();

        var result = await paas.RunAsync("apps");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Not logged in to http://paas.localhost. Run `paas login", result.Err, StringComparison.Ordinal);
    }
}
