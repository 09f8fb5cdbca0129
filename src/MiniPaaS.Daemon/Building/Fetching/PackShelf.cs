using System.Security.Cryptography;
using System.Text;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>
/// The buildpacks that were fetched, each kept under the digest of what is in it, which is checked whenever it is used. Branches and tags
/// are looked up for every build; what they stand for is fetched once.
/// </summary>
internal sealed class PackShelf(Settings settings, TimeProvider time)
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    private string Trees => Path.Combine(settings.FetchedPacks, "trees");

    private string Index => Path.Combine(settings.FetchedPacks, "index");

    /// <summary>Puts a copy of the pack where a build can run it.</summary>
    /// <param name="reference">The pack; one of the platform's own is left where it is.</param>
    /// <param name="packs">Directory of the build's packs.</param>
    /// <param name="log">Told what takes time.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="FetchException">It cannot be had.</exception>
    public async Task<PreparedPack> PrepareAsync(PackReference reference, string packs, BuildLog log, CancellationToken ct)
    {
        if (reference is PackReference.Own own)
        {
            return new PreparedPack(own, own.Folder, Url: null, Commit: null, Digest: null);
        }

        Directory.CreateDirectory(Trees, (UnixFileMode)0b111_000_000);
        Directory.CreateDirectory(Index, (UnixFileMode)0b111_000_000);
        var folder = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(reference.Text)))[..40];
        var target = Path.Combine(packs, folder);
        return reference switch
        {
            PackReference.Repository repository => await OfRepositoryAsync(repository, target, log, ct),
            PackReference.Archive archive => await OfArchiveAsync(archive, target, log, ct),
            PackReference.Local local => new PreparedPack(local, folder, Url: null, Commit: null, await CopyLocalAsync(local, target, ct)),
            _ => throw new InvalidOperationException($"{reference} is no pack."),
        };
    }

    /// <summary>The commit that a repository's pack would be taken at now, and the digest it had when it was fetched at that.</summary>
    /// <returns>Null when it is not here.</returns>
    /// <exception cref="FetchException">The repository cannot be asked.</exception>
    public async Task<(string Commit, string Digest)?> FindAsync(PackReference.Repository pack, CancellationToken ct)
    {
        if (!Directory.Exists(Index))
        {
            return null;
        }

        await using var fetch = new Fetch(settings, ct);
        var commit = await new GitRemote(fetch, pack.Url, "repository.git").ResolveAsync(pack.Ref);
        var entry = EntryOf($"{pack.Url.AbsoluteUri}#{commit}");
        return File.Exists(entry) && await File.ReadAllTextAsync(entry, ct) is { Length: 71 } digest ? (commit, digest) : null;
    }

    /// <summary>Removes what fetches of an earlier life of the daemon left behind; called once at start.</summary>
    public static async Task RemoveLeftoversAsync(Settings settings, CancellationToken ct)
    {
        await BuildDirectories.RemoveAsync(settings.Fetches, ct);
        foreach (var file in Unfinished(Directory.GetFiles))
        {
            File.Delete(file);
        }

        foreach (var tree in Unfinished(Directory.GetDirectories))
        {
            await BuildDirectories.RemoveAsync(tree, ct);
        }

        // What is finished lies in directories without a dot in their names.
        IEnumerable<string> Unfinished(Func<string, string[]> list) => Directory.Exists(settings.FetchedPacks)
            ? list(settings.FetchedPacks).Where(path => Path.GetFileName(path).Contains('.', StringComparison.Ordinal))
            : [];
    }

    private async Task<PreparedPack> OfRepositoryAsync(PackReference.Repository pack, string target, BuildLog log, CancellationToken ct)
    {
        await using var fetch = new Fetch(settings, ct);
        var remote = new GitRemote(fetch, pack.Url, "repository.git");
        var commit = await remote.ResolveAsync(pack.Ref);
        var key = $"{pack.Url.AbsoluteUri}#{commit}";
        if (await TakeAsync(key, target, ct) is not { } digest)
        {
            await log.StepAsync($"Fetching buildpack {pack.Text} at {commit[..8]}");
            await remote.GetAsync(commit);
            digest = await PutAsync(key, target, directory => WriteAsync(remote, commit, pack.Url, directory, ct), ct);
        }

        return new PreparedPack(pack, Path.GetFileName(target), PackReferences.Redacted(pack.Url.AbsoluteUri), commit, digest);
    }

    private async Task WriteAsync(GitRemote remote, string commit, Uri url, string directory, CancellationToken ct)
    {
        var links = await remote.WriteAsync(commit, directory);
        if (links.Count > 0)
        {
            await new Submodules(settings, ct).FillAsync(links, await remote.ModulesAsync(commit), url, directory);
        }
    }

    private async Task<PreparedPack> OfArchiveAsync(PackReference.Archive pack, string target, BuildLog log, CancellationToken ct)
    {
        await using var fetch = new Fetch(settings, ct);
        var file = Path.Combine(settings.FetchedPacks, $"{Guid.NewGuid():N}.download");
        try
        {
            await log.StepAsync($"Fetching buildpack {pack.Text}");
            var archive = new ArchiveDownload(fetch, pack.Url, file);
            var key = await archive.GetAsync();
            var digest = await TakeAsync(key, target, ct) ?? await PutAsync(key, target, archive.UnpackAsync, ct);
            return new PreparedPack(pack, Path.GetFileName(target), PackReferences.Redacted(pack.Url.AbsoluteUri), Commit: null, digest);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> CopyLocalAsync(PackReference.Local pack, string target, CancellationToken ct)
    {
        // The operator may have a link there; a user cannot put one below a directory that he cannot write to.
        if (!Directory.Exists(pack.Path))
        {
            throw new FetchException("the server has no such directory.");
        }

        try
        {
            return await PackDigest.CopyAsync(pack.Path, target, ct);
        }
        catch (HostProcessException e)
        {
            throw new FetchException($"its files cannot be read by everybody on the server: {e.Errors.Split('\n')[0]}");
        }
    }

    // Null when it is not on the shelf, or is not any more what it was when it was put there.
    private async Task<string?> TakeAsync(string key, string target, CancellationToken ct)
    {
        var entry = EntryOf(key);
        if (!File.Exists(entry) || await File.ReadAllTextAsync(entry, ct) is not { Length: 71 } digest || !Directory.Exists(TreeOf(digest)))
        {
            return null;
        }

        var now = time.GetUtcNow().UtcDateTime;
        File.SetLastWriteTimeUtc(entry, now);
        Directory.SetLastWriteTimeUtc(TreeOf(digest), now);
        try
        {
            if (await PackDigest.CopyAsync(TreeOf(digest), target, ct) == digest)
            {
                return digest;
            }
        }
        catch (HostProcessException)
        {
            // Damaged so that it cannot even be read.
        }

        File.Delete(entry);
        await BuildDirectories.RemoveAsync(TreeOf(digest), ct);
        await BuildDirectories.RemoveAsync(target, ct);
        return null;
    }

    private async Task<string> PutAsync(string key, string target, Func<string, Task> write, CancellationToken ct)
    {
        var tree = Path.Combine(settings.FetchedPacks, $"{Guid.NewGuid():N}.tree");
        DynoUser.CreateDirectory(tree);
        try
        {
            await write(tree);
            var digest = await PackDigest.CopyAsync(tree, target, ct);
            Shelve(tree, TreeOf(digest));

            var next = $"{EntryOf(key)}.{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(next, digest, ct);
            File.Move(next, EntryOf(key), overwrite: true);
            await RemoveUnusedAsync(ct);
            return digest;
        }
        finally
        {
            await BuildDirectories.RemoveAsync(tree, CancellationToken.None);
        }
    }

    // Another build may have fetched the same meanwhile.
    private static void Shelve(string tree, string place)
    {
        try
        {
            Directory.Move(tree, place);
        }
        catch (IOException) when (Directory.Exists(place))
        {
        }
    }

    private async Task RemoveUnusedAsync(CancellationToken ct)
    {
        var oldest = time.GetUtcNow().UtcDateTime - Keep;
        foreach (var entry in Directory.GetFiles(Index).Where(file => File.GetLastWriteTimeUtc(file) < oldest))
        {
            File.Delete(entry);
        }

        foreach (var tree in Directory.GetDirectories(Trees).Where(directory => Directory.GetLastWriteTimeUtc(directory) < oldest))
        {
            await BuildDirectories.RemoveAsync(tree, ct);
        }
    }

    private string TreeOf(string digest) => Path.Combine(Trees, digest["sha256:".Length..]);

    // A key may hold a password, and is no file name.
    private string EntryOf(string key) => Path.Combine(Index, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
}
