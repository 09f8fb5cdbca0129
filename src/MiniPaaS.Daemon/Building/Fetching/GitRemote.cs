using System.Text;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>A git repository somewhere: what a name in it stands for, and the files of a commit.</summary>
internal sealed partial class GitRemote(Fetch fetch, Uri url, string gitDirectory)
{
    private static readonly string[] Configuration =
    [
        "protocol.version=2", "fetch.fsckObjects=true", "fetch.fsck.zeroPaddedFilemode=warn", "fetch.fsck.missingSpaceBeforeDate=warn",
        "fetch.fsck.badTimezone=warn", "gc.auto=0", "core.hooksPath=/dev/null", "credential.helper=", "http.lowSpeedLimit=100",
        "http.lowSpeedTime=20", "tar.umask=0022", "pack.threads=1", "fetch.recurseSubmodules=false",
    ];

    private bool isMade;

    /// <summary>True for what names a commit by itself, wherever the branches go.</summary>
    public static bool IsCommit(string? name) => name is not null && Commit().IsMatch(name);

    /// <summary>The commit that a branch or tag stands for now; null asks for the branch that a clone checks out.</summary>
    /// <exception cref="FetchException">The repository cannot be asked, or has no such branch or tag.</exception>
    public Task<string> ResolveAsync(string? name) => fetch.AttemptAsync(url.Host, async () =>
    {
        if (IsCommit(name))
        {
            return name!;
        }

        await MakeAsync();
        string[] wanted = name is null ? ["HEAD"] : [$"refs/heads/{name}", $"refs/tags/{name}^{{}}", $"refs/tags/{name}"];
        var refs = (await TextAsync("ls-remote", "--quiet", url.AbsoluteUri)).Split('\n')
            .Select(line => line.Split('\t')).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[1], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[0], StringComparer.Ordinal);
        if (wanted.Select(refs.GetValueOrDefault).FirstOrDefault(commit => commit is not null) is { } found && IsCommit(found))
        {
            return found;
        }

        return name is not null && ShortCommit().IsMatch(name)
            ? await FindAsync(name)
            : throw new FetchException(name is null ? "the repository is empty." : $"the repository has no branch, tag or commit \"{name}\".");
    });

    /// <summary>Brings a commit here, without its history where the server can do that.</summary>
    /// <exception cref="FetchException">The repository does not give it.</exception>
    public Task GetAsync(string commit) => fetch.AttemptAsync(url.Host, async () =>
    {
        await MakeAsync();
        try
        {
            await GitAsync("fetch", "--quiet", "--no-tags", "--depth=1", url.AbsoluteUri, commit);
        }
        catch (HostProcessException) when (fetch.Proxy.Failure is null)
        {
            // Servers without shallow clones, or that give branches only.
            await FetchAllAsync();
        }

        await GitAsync("cat-file", "-e", $"{commit}^{{commit}}");
        return 0;
    });

    /// <summary>Writes the files of a commit that is here into an empty directory of the dyno user's.</summary>
    /// <returns>The submodules: paths and commits.</returns>
    public Task<IReadOnlyList<(string Path, string Commit)>> WriteAsync(string commit, string directory) =>
        fetch.AttemptAsync<IReadOnlyList<(string, string)>>(url.Host, async () =>
        {
            await using var tar = fetch.StartIn(directory, "tar", "--extract", "--preserve-permissions", "--no-same-owner", "--file=-");
            await using var archive = fetch.Start(Command("archive", "--format=tar", commit));
            archive.Input.Close();
            try
            {
                await fetch.CopyAsync(archive.Output, tar.Input, "the repository");
                tar.Input.Close();
            }
            catch (IOException)
            {
                // tar has ended: its words say why.
            }

            await tar.EnsureSuccessAsync(fetch.Token);
            await archive.EnsureSuccessAsync(fetch.Token);
            var tree = await TextAsync("ls-tree", "-r", "-z", "--full-tree", commit);
            return [.. tree.Split('\0').Where(line => line.StartsWith("160000 ", StringComparison.Ordinal))
                .Select(line => (line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..], line.Split(' ', '\t')[2]))];
        });

    /// <summary>The file .gitmodules of a commit that is here, as git's own list of <c>name=value</c>; empty when there is none.</summary>
    public async Task<string> ModulesAsync(string commit)
    {
        try
        {
            return await TextAsync("config", "--blob", $"{commit}:.gitmodules", "--null", "--list");
        }
        catch (HostProcessException)
        {
            return "";
        }
    }

    private async Task<string> FindAsync(string shortCommit)
    {
        await FetchAllAsync();
        try
        {
            return (await TextAsync("rev-parse", "--verify", "--quiet", $"{shortCommit}^{{commit}}")).Trim();
        }
        catch (HostProcessException)
        {
            throw new FetchException($"the repository has no branch, tag or commit \"{shortCommit}\".");
        }
    }

    private Task FetchAllAsync() =>
        GitAsync("fetch", "--quiet", "--force", url.AbsoluteUri, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");

    // The attributes of a tree must not leave files out of it, nor rewrite them.
    private async Task MakeAsync()
    {
        if (!isMade)
        {
            await fetch.RunAsync("git", "-c", "init.defaultBranch=none", "init", "--quiet", "--bare", gitDirectory);
            await using var attributes = fetch.Start("tee", $"{gitDirectory}/info/attributes");
            await attributes.Input.WriteAsync("* -export-ignore -export-subst -text\n"u8.ToArray(), fetch.Token);
            attributes.Input.Close();
            await attributes.EnsureSuccessAsync(fetch.Token);
            isMade = true;
        }
    }

    private async Task GitAsync(params string[] arguments) => await fetch.RunAsync(Command(arguments));

    private async Task<string> TextAsync(params string[] arguments) => Encoding.UTF8.GetString(await fetch.RunAsync(Command(arguments)));

    private string[] Command(params string[] arguments) =>
        ["git", .. Configuration.SelectMany(setting => new[] { "-c", setting }), $"--git-dir={gitDirectory}", .. arguments];

    [GeneratedRegex("^[0-9a-f]{40}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Commit();

    [GeneratedRegex("^[0-9a-f]{7,39}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ShortCommit();
}
