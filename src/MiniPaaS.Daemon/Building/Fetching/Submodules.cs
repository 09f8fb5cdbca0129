namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Brings the submodules of a tree into their directories. git's own way is not used: it would let .gitmodules choose protocols and programs.</summary>
internal sealed class Submodules(Settings settings, CancellationToken ct)
{
    private const int Deepest = 5;
    private const int Most = 100;
    private int fetched;

    /// <summary>Fills the directories of a tree's submodules, and of theirs.</summary>
    /// <param name="links">The submodules: paths and commits.</param>
    /// <param name="modules">The file .gitmodules as git lists it: <c>name\nvalue</c>, separated by NUL.</param>
    /// <param name="parent">Address of the repository, which theirs may be relative to; null when it is not known.</param>
    /// <param name="directory">The tree, the dyno user's.</param>
    /// <returns>Paths of those that .gitmodules does not mention: they stay empty, as with git.</returns>
    /// <exception cref="FetchException">One cannot be fetched; the message names it.</exception>
    public Task<IReadOnlyList<string>> FillAsync(
        IReadOnlyList<(string Path, string Commit)> links, string modules, Uri? parent, string directory) =>
        FillAsync(links, modules, parent, directory, depth: 1);

    private async Task<IReadOnlyList<string>> FillAsync(
        IReadOnlyList<(string Path, string Commit)> links, string modules, Uri? parent, string directory, int depth)
    {
        var addresses = Addresses(modules);
        var unknown = new List<string>();
        foreach (var (path, commit) in links)
        {
            if (addresses.GetValueOrDefault(path) is { } address)
            {
                await FillAsync(path, commit, Absolute(path, address, parent), directory, depth);
            }
            else
            {
                unknown.Add(path);
            }
        }

        return unknown;
    }

    private async Task FillAsync(string path, string commit, Uri url, string directory, int depth)
    {
        if (depth > Deepest || ++fetched > Most)
        {
            throw new FetchException($"There are more submodules, or submodules of submodules, than are fetched ({Most}, {Deepest} deep).");
        }

        if (!new UntrustedTree(directory).HasDirectory(path))
        {
            throw new FetchException($"The submodule {path} has no directory in the tree.");
        }

        var target = Path.Combine(directory, path);
        try
        {
            await using var fetch = new Fetch(settings, ct);
            var remote = new GitRemote(fetch, url, "repository.git");
            await remote.GetAsync(commit);
            var links = await remote.WriteAsync(commit, target);
            if (links.Count > 0)
            {
                await FillAsync(links, await remote.ModulesAsync(commit), url, target, depth + 1);
            }
        }
        catch (FetchException e) when (!e.Message.StartsWith("The submodule", StringComparison.Ordinal))
        {
            throw new FetchException($"The submodule {path} ({PackReferences.Redacted(url.ToString())}) could not be fetched: {e.Message}");
        }
    }

    private static Uri Absolute(string path, string address, Uri? parent)
    {
        var isRelative = address.StartsWith("./", StringComparison.Ordinal) || address.StartsWith("../", StringComparison.Ordinal);
        return isRelative && parent is null
            ? throw new FetchException(
                $"The submodule {path} has the relative address \"{address}\", and the platform does not know the repository that it is relative to: "
                + "give it an https address in .gitmodules.")
            : (isRelative ? new Uri(new Uri(parent!.AbsoluteUri.TrimEnd('/') + "/"), address) : PackReferences.Web(address))
                ?? throw new FetchException(
                    $"The submodule {path} has the address \"{PackReferences.Redacted(address)}\", which cannot be fetched: give it an https address in .gitmodules.");
    }

    private static Dictionary<string, string> Addresses(string modules)
    {
        var values = modules.Split('\0').Select(line => line.Split('\n', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
        var addresses = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, path) in values.Where(v => v.Key.StartsWith("submodule.", StringComparison.Ordinal) && v.Key.EndsWith(".path", StringComparison.Ordinal)))
        {
            if (values.GetValueOrDefault(key[..^".path".Length] + ".url") is { } url)
            {
                addresses[path.TrimEnd('/')] = url;
            }
        }

        return addresses;
    }
}
