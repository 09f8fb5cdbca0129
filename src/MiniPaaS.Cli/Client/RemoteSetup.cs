using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli.Client;

/// <summary>Ties the enclosing git repository to an app: a remote to push to and a credential helper for its server.</summary>
internal static class RemoteSetup
{
    /// <summary>Refuses a remote name that git would refuse, before anything was changed.</summary>
    public static async Task CheckNameAsync(string remote, CancellationToken cancellation)
    {
        var check = await Git.TryRunAsync(["check-ref-format", $"refs/remotes/{remote}/head"], cancellation);
        if (remote.StartsWith('-') || check is { ExitCode: not 0 })
        {
            throw new PaasException($"\"{remote}\" cannot be the name of a git remote.", ExitCodes.Usage);
        }
    }

    /// <summary>Adds the remote, or leaves one that is right already; one that leads elsewhere is only changed on request.</summary>
    /// <returns>True when the repository was changed.</returns>
    public static async Task<bool> AddAsync(string remote, string gitUrl, bool replace, CancellationToken cancellation)
    {
        await ConfigureCredentialsAsync(new Uri(gitUrl), cancellation);
        var existing = (await Git.RemotesAsync(cancellation)).FirstOrDefault(other => other.Name == remote);
        if (existing?.Url == gitUrl)
        {
            return false;
        }
        if (existing is not null && !replace)
        {
            throw new PaasException(Conflict(existing));
        }
        string[] command = existing is null ? ["remote", "add", remote, gitUrl] : ["remote", "set-url", remote, gitUrl];
        await Git.RunAsync(command, cancellation);
        return true;
    }

    /// <summary>Removes the remotes that lead to an app that is no more.</summary>
    public static async Task<IReadOnlyList<string>> RemoveAsync(string gitUrl, CancellationToken cancellation)
    {
        var names = (await Git.RemotesAsync(cancellation)).Where(remote => remote.Url == gitUrl).Select(remote => remote.Name).ToList();
        foreach (var name in names)
        {
            await Git.RunAsync(["remote", "remove", name], cancellation);
        }
        return names;
    }

    public static string Conflict(GitRemote existing) =>
        $"This repository has a remote {existing.Name} already: {existing.Url}. " +
        $"Choose another name with --remote NAME, or remove it with `git remote remove {existing.Name}`.";

    // For HTTPS, too: somebody who changes the remote's address to it is not to be asked for a password. Every port speaks both.
    private static async Task ConfigureCredentialsAsync(Uri gitUrl, CancellationToken cancellation)
    {
        var secure = new UriBuilder(gitUrl) { Scheme = Uri.UriSchemeHttps, Port = gitUrl.IsDefaultPort ? -1 : gitUrl.Port }.Uri;
        foreach (var server in new[] { gitUrl, secure }.Select(url => url.GetLeftPart(UriPartial.Authority)).Distinct())
        {
            await Git.RunAsync(["config", "--local", "--replace-all", $"credential.{server}.helper", $"!{OwnCommand()} git:credentials"], cancellation);
        }
    }

    // git runs helpers through sh, so an absolute path is quoted; a plain `paas` survives an upgrade that moves it.
    private static string OwnCommand()
    {
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (directories.Any(directory => Path.IsPathRooted(directory) && File.Exists(Path.Combine(directory, "paas"))))
        {
            return "paas";
        }
        var program = Environment.ProcessPath ?? "paas";
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? $"{ShellQuote.Word(program)} {ShellQuote.Word(Path.Combine(AppContext.BaseDirectory, "paas.dll"))}"
            : ShellQuote.Word(program);
    }
}
