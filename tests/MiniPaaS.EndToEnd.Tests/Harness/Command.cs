using System.Diagnostics;
using System.Text;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>What a program left behind.</summary>
/// <param name="ExitCode">Exit status.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error; of <c>git push</c>, everything the platform said.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>Both streams, for messages of failed assertions.</summary>
    public string Everything => $"exit status {ExitCode}\n{Output}{Errors}";

    /// <summary>Fails the test when the program failed.</summary>
    public CommandResult Expect()
    {
        Assert.True(Succeeded, Everything);
        return this;
    }
}

/// <summary>A program that was started and may still run.</summary>
internal sealed class RunningCommand : IDisposable
{
    private readonly Process process;
    private readonly Collected output;
    private readonly Collected errors;

    public RunningCommand(Process process)
    {
        this.process = process;
        output = new Collected(process.StandardOutput);
        errors = new Collected(process.StandardError);
    }

    public bool HasExited => process.HasExited;

    public int Pid => process.Id;

    /// <summary>Standard output up to now.</summary>
    public string Output => output.Text;

    /// <summary>Standard error up to now.</summary>
    public string Errors => errors.Text;

    /// <summary>Waits for a word on either stream; fails when the program ends without it.</summary>
    public Task SaysAsync(string text) => Eventually.HoldsAsync($"the program says \"{text}\"", () =>
    {
        var said = Output + Errors;
        Assert.True(said.Contains(text, StringComparison.Ordinal) || !HasExited, $"It ended without saying \"{text}\":\n{said}");
        return said.Contains(text, StringComparison.Ordinal);
    });

    public async Task<CommandResult> ResultAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            await Task.WhenAll(output.End, errors.End).WaitAsync(deadline.Token);
            return new CommandResult(process.ExitCode, Output, Errors);
        }
        catch (OperationCanceledException e)
        {
            Kill();
            throw new TimeoutException($"{process.StartInfo.FileName} did not end within {limit.TotalSeconds:0} s. It said:\n{Errors}", e);
        }
    }

    /// <summary>SIGKILL, for the program and all that it started: no goodbye to the other side but the closed connection.</summary>
    public void Kill() => process.Kill(entireProcessTree: true);

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Kill();
        }

        process.Dispose();
    }

    private sealed class Collected
    {
        private readonly StringBuilder text = new();

        public Collected(StreamReader reader) => End = CollectAsync(reader);

        public Task End { get; }

        public string Text
        {
            get
            {
                lock (text)
                {
                    return text.ToString();
                }
            }
        }

        private async Task CollectAsync(StreamReader reader)
        {
            var buffer = new char[4096];
            for (int read; (read = await reader.ReadAsync(buffer)) > 0;)
            {
                lock (text)
                {
                    text.Append(buffer, 0, read);
                }
            }
        }
    }
}

/// <summary>Runs programs with argument lists and an environment of their own.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var running = Start(program, arguments, directory, environment);
        return await running.ResultAsync(Limit);
    }

    public static RunningCommand Start(
        string program, IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RunningCommand(process);
    }
}
