using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>The router's program under the supervisor of an install, on ports that the supervisor keeps open.</summary>
internal sealed partial class SupervisedRouter : IAsyncDisposable
{
    private static readonly string Services = Path.Combine(Repository.Root, "src", "install", "services");

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("mp-");
    private readonly Process supervisor;

    private SupervisedRouter(AppRoute route)
    {
        Directory.CreateDirectory(Path.Combine(directory.FullName, "router"));
        var bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        File.WriteAllText(
            Path.Combine(directory.FullName, "router", "routes.json"),
            JsonSerializer.Serialize(new RouteSnapshot(bootId, [route]), ProtocolJson.Default.RouteSnapshot));
        var program = Path.Combine(directory.FullName, "program");
        File.WriteAllText(program, $"""
            #!/usr/bin/env bash
            source "{Services}/ready.sh"
            case $1 in
              run) exec env LISTEN_PID=$$ "{Path.Combine(AppContext.BaseDirectory, "paas-router")}" ;;
              ready) await_ready "$MINIPAAS_RUN_DIR" "$3" ;;
            esac
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("perl",
        [
            Path.Combine(Services, "listen"), "http=0", "https=0", "--",
            "bash", Path.Combine(Services, "supervise"), "router", directory.FullName, Log, program, "run",
        ])
        {
            Environment = { ["MINIPAAS_STATE_DIR"] = directory.FullName, ["MINIPAAS_RUN_DIR"] = directory.FullName },
        };
        supervisor = Process.Start(start)!;
    }

    /// <summary>The HTTP port, then the HTTPS port.</summary>
    public (int Http, int Https) Ports { get; private set; }

    /// <summary>The program that serves now, or serves first once its predecessor is done.</summary>
    public int Pid => int.Parse(File.ReadAllText(Path.Combine(directory.FullName, "router.child.pid")).Split(' ')[0], CultureInfo.InvariantCulture);

    public string Output => File.Exists(Log) ? File.ReadAllText(Log) : "";

    private string Log => Path.Combine(directory.FullName, "log");

    public static async Task<SupervisedRouter> StartAsync(AppRoute route)
    {
        var started = new SupervisedRouter(route);
        await Eventually.TrueAsync(() => Listening().IsMatch(started.Output));
        var match = Listening().Match(started.Output);
        started.Ports = (Number(match.Groups[1]), Number(match.Groups[2]));
        return started;

        static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Puts a new process in the place of the one that serves; returns when the old one has ended.</summary>
    public async Task UpgradeAsync()
    {
        var before = Pid;
        await SignalAsync("USR1", supervisor.Id);
        await Eventually.TrueAsync(() => Pid != before && !IsRunning(before));
    }

    /// <summary>Ends the program without a word, and returns when it has ended.</summary>
    public async Task KillAsync()
    {
        var before = Pid;
        await SignalAsync("KILL", before);
        await Eventually.TrueAsync(() => !IsRunning(before));
    }

    public static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", $"{pid}"]))!;
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await SignalAsync("TERM", supervisor.Id);
        await supervisor.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        supervisor.Dispose();
        directory.Delete(recursive: true);
    }

    // A process that ended stays in /proc until its parent has looked.
    private static bool IsRunning(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"listens on http://\[::\]:(\d+), https://\[::\]:(\d+), admin socket")]
    private static partial Regex Listening();
}
