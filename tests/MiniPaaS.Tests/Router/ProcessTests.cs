using System.Diagnostics;
using System.Text.RegularExpressions;
using MiniPaaS.Protocol;
using MiniPaaS.Router;

namespace MiniPaaS.Tests.Router;

/// <summary>The program itself.</summary>
public sealed partial class ProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Version_is_printed()
    {
        using var process = Start(["--version"]);
        Assert.Equal($"paas-router {RouterHost.Version}\n", await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("MINIPAAS_HTTP_PORT", "eighty", 2, "set it to a number from 0 to 65535")]
    [InlineData("MINIPAAS_RUN_DIR", "/proc/nowhere", 1, "cannot start")]
    public async Task A_setting_that_cannot_work_is_said_in_a_sentence(string name, string value, int exitCode, string words)
    {
        using var process = Start([], ("MINIPAAS_HTTP_PORT", "0"), ("MINIPAAS_HTTPS_PORT", "off"), ("MINIPAAS_STATE_DIR", "/proc/nowhere"), (name, value));
        var said = await process.StandardError.ReadToEndAsync().WaitAsync(Deadline);
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.Equal(exitCode, process.ExitCode);
        Assert.Contains(words, said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminated_router_finishes_the_requests_under_way_and_answers_its_admin_until_then()
    {
        var (arrived, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task.WaitAsync(Deadline);
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "whole");
        });
        var settings = TestRouter.NewSettings();
        var bootId = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();
        Directory.CreateDirectory(Path.GetDirectoryName(settings.SnapshotPath)!);
        await File.WriteAllTextAsync(settings.SnapshotPath, System.Text.Json.JsonSerializer.Serialize(
            new RouteSnapshot(bootId, [Make.Route("shop", 1, Make.Target("c1", backend.Address))]), ProtocolJson.Default.RouteSnapshot));
        using var process = Start(
            [], ("MINIPAAS_HTTP_PORT", "0"), ("MINIPAAS_HTTPS_PORT", "off"), ("MINIPAAS_STATE_DIR", settings.StateDir), ("MINIPAAS_RUN_DIR", settings.RunDir));
        var (port, socket) = await ListeningAsync(process);

        using var visitor = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/") { Headers = { Host = "shop.localhost" } };
        var answer = visitor.SendAsync(request);
        await arrived.Task.WaitAsync(Deadline);
        using (var kill = Process.Start(new ProcessStartInfo("kill") { ArgumentList = { "-TERM", process.Id.ToString() } })!)
        {
            await kill.WaitForExitAsync();
        }

        Assert.Contains("Stopping", await process.StandardError.ReadLineAsync(), StringComparison.Ordinal);
        using var admin = TestRouter.AdminClient(socket);
        Assert.Contains("\"in_flight\":1", await admin.GetStringAsync("/targets/c1/drained"), StringComparison.Ordinal);
        finish.SetResult();
        using var whole = await answer.WaitAsync(Deadline);
        Assert.Equal("whole", await whole.Content.ReadAsStringAsync());
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.Equal(0, process.ExitCode);
        Assert.False(File.Exists(socket));
        Directory.Delete(settings.StateDir, recursive: true);
        Directory.Delete(settings.RunDir, recursive: true);
    }

    [Fact]
    public async Task A_second_wish_ends_the_program_at_once_with_a_request_under_way()
    {
        var arrived = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var router = await SupervisedRouter.StartAsync(Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        await using var visitor = await RawClient.ConnectAsync(router.Ports.Http);
        await visitor.SayAsync("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        await arrived.Task.WaitAsync(Deadline);
        var pid = router.Pid;
        await SupervisedRouter.SignalAsync("TERM", pid);
        await Eventually.TrueAsync(() => router.Output.Contains("Stopping", StringComparison.Ordinal));

        // Wishes that come together are one.
        await Task.Delay(TimeSpan.FromMilliseconds(400));
        await SupervisedRouter.SignalAsync("TERM", pid);
        await Eventually.TrueAsync(() => router.Output.Contains("ended with exit code 143", StringComparison.Ordinal));
    }

    private static Process Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "paas-router"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<(int Port, string Socket)> ListeningAsync(Process process)
    {
        while (await process.StandardError.ReadLineAsync().WaitAsync(Deadline) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                return (int.Parse(match.Groups[1].Value), match.Groups[2].Value);
            }
        }

        throw new InvalidOperationException("the router ended before it listened");
    }

    [GeneratedRegex(@"listens on http://\[::\]:(\d+), admin socket (\S+)")]
    private static partial Regex Listening();
}
