using System.Diagnostics;
using System.Text;

namespace MiniPaaS.Tests.Cli;

/// <summary>How a run of a program ended.</summary>
public sealed record RunResult(int ExitCode, string Out, string Err);

/// <summary>The real <c>paas</c> program in a home and a working directory of its own.</summary>
public sealed class PaasProgram : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("paas-cli-");

    public PaasProgram(TestControlPlane? server = null)
    {
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(WorkDirectory);
        Directory.CreateDirectory(BinDirectory);
        Environment["HOME"] = Home;
        Environment["XDG_CONFIG_HOME"] = Path.Combine(Home, "config");
        Environment["PATH"] = string.Join(':', WithoutInstalledPaas().Prepend(BinDirectory));
        Environment["TERM"] = "xterm";
        Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        foreach (var inherited in (string[])["NO_COLOR", "PAAS_APP", "DISPLAY", "WAYLAND_DISPLAY", "GIT_DIR", "GIT_ASKPASS", "HTTP_PROXY", "http_proxy"])
        {
            Environment[inherited] = null;
        }
        Environment["PAAS_SERVER"] = server?.Url;
        Environment["PAAS_TOKEN"] = server is null ? null : TestControlPlane.Token;
        InstallLauncher();
    }

    // The tests may run on a machine that has a PaaS of its own.
    private static IEnumerable<string> WithoutInstalledPaas() =>
        (System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':')
            .Where(directory => !File.Exists(Path.Combine(directory, "paas")));

    public static string Assembly => Path.Combine(AppContext.BaseDirectory, "paas.dll");

    /// <summary>Variables for every run; null removes one.</summary>
    public IDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>();

    public string Home => Path.Combine(_root.FullName, "home");

    /// <summary>Outside of any git repository until a test makes one of it.</summary>
    public string WorkDirectory => Path.Combine(_root.FullName, "work");

    /// <summary>First on PATH; holds <c>paas</c>.</summary>
    public string BinDirectory => Path.Combine(_root.FullName, "bin");

    public string ConfigFile => Path.Combine(Home, "config", "minipaas", "config.json");

    public Task<RunResult> RunAsync(params string[] arguments) => RunWithInputAsync("", arguments);

    public async Task<RunResult> RunWithInputAsync(string input, params string[] arguments)
    {
        using var process = Start("dotnet", [Assembly, .. arguments]);
        return await FinishAsync(process, input);
    }

    /// <summary>Runs any program in the same surroundings, where <c>paas</c> is on PATH.</summary>
    public async Task<RunResult> RunOtherAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return await FinishAsync(process, "");
    }

    /// <summary>Runs a command on a real pseudo-terminal; both its outputs come back as one.</summary>
    public async Task<RunResult> RunInTerminalAsync(string command, int columns = 120)
    {
        using var process = Start("script", ["-qefc", $"stty cols {columns}; {command}", "/dev/null"]);
        return await FinishAsync(process, "");
    }

    /// <summary>The same, typing an answer once the prompt has appeared.</summary>
    public async Task<RunResult> AnswerInTerminalAsync(string command, string prompt, string answer)
    {
        using var process = Start("script", ["-qefc", $"stty cols 120; {command}", "/dev/null"]);
        using var deadline = new CancellationTokenSource(Deadline);
        var seen = new StringBuilder();
        var letter = new char[1];
        while (!seen.ToString().Contains(prompt, StringComparison.Ordinal))
        {
            if (await process.StandardOutput.ReadAsync(letter, deadline.Token) == 0)
            {
                throw new InvalidOperationException($"The program ended without asking: {seen}");
            }
            seen.Append(letter);
        }
        var result = await FinishAsync(process, answer);
        return result with { Out = seen + result.Out };
    }

    public async Task GitAsync(params string[] arguments)
    {
        var result = await RunOtherAsync("git", arguments);
        Assert.True(result.ExitCode == 0, result.Err);
    }

    public Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = WorkDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    public static async Task<RunResult> FinishAsync(Process process, string input)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program did not want its input.
        }
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        return new RunResult(process.ExitCode, await output, await error);
    }

    public void Dispose() => _root.Delete(recursive: true);

    private void InstallLauncher()
    {
        var launcher = Path.Combine(BinDirectory, "paas");
        File.WriteAllText(launcher, $"#!/bin/sh\nexec dotnet '{Assembly}' \"$@\"\n");
        File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
