using System.Diagnostics;

namespace MiniPaaS.Cli.Client;

/// <summary>What a run of git printed.</summary>
internal sealed record GitResult(int ExitCode, string Output, string Error);

/// <summary>A remote of the enclosing repository.</summary>
internal sealed record GitRemote(string Name, string Url);

/// <summary>Runs git in the current directory.</summary>
internal static class Git
{
    private const string UrlSuffix = ".url";
    private const string RemotePrefix = "remote.";

    /// <summary>True inside a repository; false outside of one and where git is not installed.</summary>
    public static async Task<bool> InRepositoryAsync(CancellationToken cancellation)
    {
        var result = await TryRunAsync(["rev-parse", "--git-dir"], cancellation);
        return result is { ExitCode: 0 };
    }

    /// <summary>Remotes with their URLs as configured; none outside of a repository.</summary>
    public static async Task<IReadOnlyList<GitRemote>> RemotesAsync(CancellationToken cancellation)
    {
        // -z: a NUL after each entry and a line end after each key, so that no name or URL can be misread.
        var result = await TryRunAsync(["config", "-z", "--get-regexp", @"^remote\..*\.url$"], cancellation);
        if (result is not { ExitCode: 0 })
        {
            return [];
        }
        var remotes = new List<GitRemote>();
        foreach (var entry in result.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split('\n', 2);
            if (parts.Length == 2)
            {
                remotes.Add(new GitRemote(parts[0][RemotePrefix.Length..^UrlSuffix.Length], parts[1]));
            }
        }
        return remotes;
    }

    /// <summary>Runs git and demands success.</summary>
    public static async Task<string> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        var result = await TryRunAsync(arguments, cancellation) ?? throw new PaasException("git is not installed.");
        return result.ExitCode == 0
            ? result.Output
            : throw new PaasException($"git {string.Join(' ', arguments)} failed: {result.Error.Trim()}");
    }

    /// <summary>Runs git and reports how it ended.</summary>
    /// <returns>Null where git is not installed.</returns>
    public static async Task<GitResult?> TryRunAsync(string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var git = new Process { StartInfo = start };
        try
        {
            git.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        git.StandardInput.Close();
        var output = git.StandardOutput.ReadToEndAsync(cancellation);
        var error = git.StandardError.ReadToEndAsync(cancellation);
        await git.WaitForExitAsync(cancellation);
        return new GitResult(git.ExitCode, await output, await error);
    }
}
