using System.Diagnostics;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>One of the platform's own programs as a process, with its log in a file and its pid beside it.</summary>
internal sealed class Service(string name, string program, string directory, IReadOnlyDictionary<string, string> environment) : IAsyncDisposable
{
    private static readonly string[] Trouble = [" crit: ", "crit: ", "fail: ", "Unhandled exception", "   at MiniPaaS."];
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private Process? process;
    private Task pumps = Task.CompletedTask;

    public string LogFile => Path.Combine(directory, $"{name}.log");

    public int Pid => process!.Id;

    public bool IsRunning => process is { HasExited: false };

    /// <summary>Fails with what the program said when it has ended although nobody asked it to.</summary>
    public async Task AssertRunningAsync()
    {
        if (!IsRunning)
        {
            await pumps;
            Assert.Fail($"{name} ended with exit status {process!.ExitCode}:\n{string.Join('\n', lines)}");
        }
    }

    /// <summary>Lines that say that something went wrong which nobody provoked.</summary>
    public IReadOnlyList<string> TroubleLines()
    {
        lock (gate)
        {
            return [.. lines.Where(line => Trouble.Any(word => line.Contains(word, StringComparison.Ordinal)))];
        }
    }

    public void Start()
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        process = Process.Start(start)!;
        File.WriteAllText(Path.Combine(directory, $"{name}.pid"), $"{process.Id}");
        pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the time a service may take to end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is null)
        {
            return;
        }

        if (!process.HasExited)
        {
            (await Command.RunAsync("kill", ["-TERM", $"{process.Id}"])).Expect();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }

        await pumps;
        process.Dispose();
        process = null;
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (gate)
            {
                lines.Add(line);
                File.AppendAllText(LogFile, line + "\n");
            }
        }
    }
}
