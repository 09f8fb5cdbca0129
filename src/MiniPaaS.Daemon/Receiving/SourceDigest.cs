using System.Security.Cryptography;
using System.Text;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>What a commit's source is, known from git's own digests without reading a file.</summary>
/// <param name="Tree">Git's id of the whole tree.</param>
/// <param name="Source">SHA-256 of the modes, names and contents that <c>.slugignore</c> leaves of it.</param>
internal sealed record SourceDigest(string Tree, string Source)
{
    /// <summary>Computes both.</summary>
    public static async Task<SourceDigest> OfAsync(ObjectDirectories objects, string commit, CancellationToken ct)
    {
        var tree = Git.ReadAsync(objects, ct, "rev-parse", "--verify", $"{commit}^{{tree}}");
        var listing = await Git.ListTreeAsync(objects, commit, ct);
        var entries = listing.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(Entry.Parse).ToList();
        var slugignore = await ReadSlugignoreAsync(objects, entries, ct);
        return new SourceDigest(Encoding.ASCII.GetString(await tree).Trim(), Digest(entries, slugignore));
    }

    private static string Digest(List<Entry> entries, Slugignore? slugignore)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? ignored = null;
        foreach (var entry in entries)
        {
            // A directory is listed before what is in it.
            if (ignored is not null && entry.Path.StartsWith(ignored, StringComparison.Ordinal))
            {
                continue;
            }

            if (slugignore?.Ignores(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(entry.Path))) == true)
            {
                ignored = entry.IsDirectory ? $"{entry.Path}/" : ignored;
                continue;
            }

            // The digest of a directory would be one of ignored files, too.
            hash.AppendData(Encoding.Latin1.GetBytes($"{entry.Mode} {(entry.IsDirectory ? "" : entry.Object)} {entry.Path}\0"));
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<Slugignore?> ReadSlugignoreAsync(ObjectDirectories objects, List<Entry> entries, CancellationToken ct)
    {
        if (entries.Find(entry => entry.Path == ".slugignore") is not { IsFile: true } file
            || int.Parse(await TextAsync("-s"), System.Globalization.CultureInfo.InvariantCulture) > Slugignore.MaxSize)
        {
            return null;
        }

        return Slugignore.Parse(await TextAsync("blob"));

        async Task<string> TextAsync(string what) => Encoding.UTF8.GetString(await Git.ReadAsync(objects, ct, "cat-file", what, file.Object));
    }

    // "100644 blob 0123...\tpath": names are bytes, which Latin-1 carries unharmed.
    private sealed record Entry(string Mode, string Object, string Path)
    {
        public bool IsDirectory => Mode == "040000";

        public bool IsFile => Mode is "100644" or "100755";

        public static Entry Parse(string line)
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var parts = line[..tab].Split(' ');
            return new Entry(parts[0], parts[2], line[(tab + 1)..]);
        }
    }
}
