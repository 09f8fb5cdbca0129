using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>What a hostile app can reach: looked at from inside.</summary>
public sealed class IsolationTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task A_dyno_reaches_neither_the_host_nor_its_neighbours_nor_link_local_addresses()
    {
        var prober = await TestApp.DeployAsync(Platform, "prober", "prober");
        var neighbour = await TestApp.DeployAsync(Platform, "versioned", "neighbour");
        var address = Assert.Single(await neighbour.ContainersAsync()).Address;
        using var service = new TcpListener(IPAddress.Any, 0);
        service.Start();
        var port = ((IPEndPoint)service.LocalEndpoint).Port;

        Assert.Equal("connected", await ConnectAsync(prober, "127.0.0.1", 5000));
        foreach (var host in HostAddresses().Append(Platform.Gateway))
        {
            Assert.StartsWith("no connection", await ConnectAsync(prober, host, port), StringComparison.Ordinal);
            Assert.StartsWith("no connection", await ConnectAsync(prober, host, Platform.Port), StringComparison.Ordinal);
        }

        Assert.StartsWith("no connection", await ConnectAsync(prober, address, 5000), StringComparison.Ordinal);
        Assert.StartsWith("no connection", await ConnectAsync(prober, "169.254.169.254", 80), StringComparison.Ordinal);
        Assert.False(service.Pending());
    }

    [Fact]
    public async Task A_build_reaches_neither_the_host_nor_other_apps()
    {
        var neighbour = await TestApp.DeployAsync(Platform, "versioned", "build-neighbour");
        var address = Assert.Single(await neighbour.ContainersAsync()).Address;
        using var service = new TcpListener(IPAddress.Any, 0);
        service.Start();
        var port = ((IPEndPoint)service.LocalEndpoint).Port;
        var app = await TestApp.CreateAsync(Platform, "dotnet-hello", "probing-build");
        await app.CommitBuildStepAsync(
            $"bash -c 'for to in {Platform.Gateway}/{port} {address}/5000 169.254.169.254/80; do "
            + "timeout 2 bash -c \"exec 3<>/dev/tcp/$to\" 2>/dev/null && echo reached $to || echo shut $to; done; "
            + "find / -xdev -name \"docker*.sock\" 2>/dev/null; id -u'");

        var push = (await app.PushAsync()).Expect();

        Assert.Contains($"shut {Platform.Gateway}/{port}", push.Errors, StringComparison.Ordinal);
        Assert.Contains($"shut {address}/5000", push.Errors, StringComparison.Ordinal);
        Assert.Contains("shut 169.254.169.254/80", push.Errors, StringComparison.Ordinal);
        Assert.Matches(@"remote: +21000\s", push.Errors);
        Assert.DoesNotContain(".sock", push.Errors, StringComparison.Ordinal);
        Assert.False(service.Pending());
    }

    [Fact]
    public async Task A_dyno_has_no_rights_beyond_its_own_directories()
    {
        var prober = await TestApp.DeployAsync(Platform, "prober", "prober-rights");

        var status = await prober.GetAsync("/read?path=/proc/self/status");
        Assert.Matches(@"\nUid:\t21000\t21000\t21000\t21000\n", status);
        Assert.Matches(@"\nGid:\t21000\t21000\t21000\t21000\n", status);
        Assert.Matches(@"\nCapEff:\t0+\n", status);
        Assert.Matches(@"\nCapBnd:\t0+\n", status);
        Assert.Matches(@"\nNoNewPrivs:\t1\n", status);
        Assert.Equal("written", await prober.GetAsync("/write?path=/app"));
        Assert.Equal("written", await prober.GetAsync("/write?path=/tmp"));
        var writable = (await prober.GetAsync("/writable?root=/")).Split('\n').Order();
        Assert.Equal(["/app", "/dev/mqueue", "/dev/shm", "/tmp"], writable.Union(["/dev/mqueue"]).Order());
        Assert.Empty(await prober.GetAsync("/sockets"));
    }

    [Fact]
    public async Task A_dynos_memory_and_number_of_processes_are_limited()
    {
        var prober = await TestApp.DeployAsync(Platform, "prober", "prober-limits");
        var isUnified = File.Exists("/sys/fs/cgroup/cgroup.controllers");

        var memory = await prober.GetAsync($"/read?path=/sys/fs/cgroup/{(isUnified ? "memory.max" : "memory/memory.limit_in_bytes")}");
        var processes = await prober.GetAsync($"/read?path=/sys/fs/cgroup/{(isUnified ? "pids.max" : "pids/pids.max")}");

        Assert.Equal($"{512 << 20}", memory.Trim());
        Assert.Equal("512", processes.Trim());
    }

    private static Task<string> ConnectAsync(TestApp prober, string host, int port) => prober.GetAsync($"/connect?host={host}&port={port}");

    private static IEnumerable<string> HostAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a))
            .Select(a => a.ToString())
            .Where(a => !a.StartsWith("10.21", StringComparison.Ordinal));
}
