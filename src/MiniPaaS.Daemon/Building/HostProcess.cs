using System.Diagnostics;
using System.Text;

namespace MiniPaaS.Daemon.Building;

/// <summary>A program run on the host with an argument vector, a clean environment and pipes; disposing kills what still runs.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const int ErrorTail = 4096;
    private const string StandardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly Process process;
    private readonly Task<string> errors;

    private HostProcess(Process process)
    {
        this.process = process;
        errors = ReadTailAsync(process.StandardError.BaseStream);
    }

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>True when the standard path has a program of this name.</summary>
    public static bool IsInstalled(string program) => StandardPath.Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>Starts a program found on the standard path.</summary>
    /// <param name="command">Program and its arguments.</param>
    /// <param name="directory">Working directory, entered as root before the program starts.</param>
    /// <param name="environment">Added to a bare PATH and LC_ALL; nothing else is inherited.</param>
    public static HostProcess Start(IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = StandardPath;
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new HostProcess(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end without input and returns what it wrote.</summary>
    /// <exception cref="HostProcessException">It failed.</exception>
    public static async Task<byte[]> RunAsync(
        IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string>? environment, CancellationToken ct)
    {
        await using var program = Start(command, directory, environment);
        program.Input.Close();
        var output = new MemoryStream();
        await program.Output.CopyToAsync(output, ct);
        await program.EnsureSuccessAsync(ct);
        return output.ToArray();
    }

    /// <summary>Reads the output to its end, or kills the program when there is more than that.</summary>
    /// <returns>What it wrote; null when it was more.</returns>
    public async Task<byte[]?> ReadAsync(int most, CancellationToken ct)
    {
        var output = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await Output.ReadAsync(buffer, ct)) > 0;)
        {
            if (output.Length + read > most)
            {
                Kill();
                return null;
            }

            output.Write(buffer, 0, read);
        }

        return output.ToArray();
    }

    /// <summary>Copies this program's output into the other's input and closes it; ends quietly when the other stops reading.</summary>
    public async Task PipeToAsync(HostProcess other, CancellationToken ct)
    {
        try
        {
            await Output.CopyToAsync(other.Input, ct);
            other.Input.Close();
        }
        catch (IOException)
        {
            // Its exit code and words say why it stopped reading.
        }
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken ct)
    {
        await process.WaitForExitAsync(ct);
        return process.ExitCode;
    }

    /// <summary>The end of what it wrote to stderr, complete once it has exited.</summary>
    public Task<string> ErrorsAsync(CancellationToken ct) => errors.WaitAsync(ct);

    /// <summary>Waits for the end.</summary>
    /// <exception cref="HostProcessException">The exit code is not 0.</exception>
    public async Task EnsureSuccessAsync(CancellationToken ct)
    {
        var code = await ExitAsync(ct);
        if (code != 0)
        {
            throw new HostProcessException(process.StartInfo.FileName, code, await ErrorsAsync(ct));
        }
    }

    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    private static async Task<string> ReadTailAsync(Stream stream)
    {
        var tail = new byte[ErrorTail * 2];
        var kept = 0;
        for (int read; (read = await stream.ReadAsync(tail.AsMemory(kept), CancellationToken.None)) > 0;)
        {
            kept += read;
            if (kept > ErrorTail)
            {
                tail.AsSpan(kept - ErrorTail, ErrorTail).CopyTo(tail);
                kept = ErrorTail;
            }
        }

        return Encoding.UTF8.GetString(tail, 0, kept).Trim();
    }
}

/// <summary>A program on the host failed.</summary>
internal sealed class HostProcessException(string program, int exitCode, string errors)
    : Exception($"{Path.GetFileName(program)} failed with exit code {exitCode}: {errors}")
{
    public int ExitCode => exitCode;

    public string Errors => errors;
}
