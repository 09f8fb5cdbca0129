namespace MiniPaaS.Cli.Client;

/// <summary>Finds which app a command is about: option, environment, then the git remote.</summary>
internal static class AppFinder
{
    private const string RemoteName = "paas";

    public static async Task<string> FindAsync(string? given, ServerAddress server, CancellationToken cancellation)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return given;
        }
        if (Environment.GetEnvironmentVariable("PAAS_APP") is { Length: > 0 } environment)
        {
            return environment;
        }
        return FromRemotes(await Git.RemotesAsync(cancellation), server);
    }

    /// <summary>Name of the app that a repository address leads to, as in <c>http://paas.localhost/myapp.git</c>, or null.</summary>
    public static string? AppOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return null;
        }
        var name = address.AbsolutePath.Trim('/');
        if (name.EndsWith(".git", StringComparison.Ordinal))
        {
            name = name[..^4];
        }
        return name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) ? name : null;
    }

    private static string FromRemotes(IReadOnlyList<GitRemote> remotes, ServerAddress server)
    {
        if (remotes.FirstOrDefault(remote => remote.Name == RemoteName) is { } named && AppOf(named.Url) is { } app)
        {
            return app;
        }
        var candidates = remotes.Where(remote => Uri.TryCreate(remote.Url, UriKind.Absolute, out var url) && server.Owns(url))
            .Select(remote => (remote.Name, App: AppOf(remote.Url)))
            .Where(candidate => candidate.App is not null)
            .ToList();
        return candidates.Select(candidate => candidate.App!).Distinct(StringComparer.Ordinal).ToList() switch
        {
            [var only] => only,
            [] => throw new PaasException(
                "No app given. Use -a APP, set PAAS_APP, or run this in a git repository with a remote named paas " +
                "(`paas git:remote -a APP` adds one).",
                ExitCodes.Usage),
            _ => throw new PaasException(
                "Several apps are remotes of this repository: " +
                string.Join(", ", candidates.Select(candidate => $"{candidate.App} ({candidate.Name})")) + ". Choose one with -a APP.",
                ExitCodes.Usage),
        };
    }
}
