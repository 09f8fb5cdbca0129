using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// Packs a built tree as the one layer of a slug image, normalised: sorted names, the commit's time, one owner, no other file kinds
/// than files, directories and links. The same tree and time give the same bytes.
/// </summary>
internal static class SlugLayer
{
    /// <summary>Where the app lies in its image, without the leading slash.</summary>
    private const string Root = "app";

    private const int LongestListing = 64 << 20;

    /// <summary>Writes the layer.</summary>
    /// <param name="tree">Directory that was built in; nothing may write to it any more.</param>
    /// <param name="target">File to write.</param>
    /// <param name="time">Time that all files get.</param>
    /// <param name="limit">Most bytes that the layer may have.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The layer, and warnings of what was left out; the layer is null when it would be larger.</returns>
    /// <exception cref="HostProcessException">The tree cannot be read, or the disk is full.</exception>
    /// <exception cref="BuildRejectedException">It has too many files.</exception>
    public static async Task<(LayerFile? Layer, IReadOnlyList<string> Warnings)> WriteAsync(
        string tree, string target, DateTimeOffset time, long limit, CancellationToken ct)
    {
        var (names, warnings) = await ListAsync(tree, ct);
        await using var tar = DynoUser.Start(
            tree,
            "tar",
            "--create",
            "--format=gnu",
            "--no-recursion",
            "--null",
            "--verbatim-files-from",
            "--files-from=-",
            $"--mtime=@{time.ToUnixTimeSeconds()}",
            $"--owner={DynoUser.Name}:{DynoUser.Id}",
            $"--group={DynoUser.Name}:{DynoUser.Id}",
            "--numeric-owner",
            "--mode=u+rwX,a-st",
            $"--transform=flags=rhS;s,^\\.,{Root},",
            "--file=-");
        var feeding = FeedAsync(tar, names, ct);
        var layer = await SaveAsync(tar.Output, target, limit, ct);
        if (layer is null)
        {
            tar.Kill();
        }

        await feeding;
        if (layer is not null)
        {
            await tar.EnsureSuccessAsync(ct);
        }

        return (layer, warnings);
    }

    // Names are bytes: Latin-1 carries every one of them through a string unharmed.
    private static async Task<(List<string> Names, List<string> Warnings)> ListAsync(string tree, CancellationToken ct)
    {
        await using var find = DynoUser.Start(tree, "find", ".", "-path", "./.git", "-prune", "-o", "-printf", "%y%p\\0");
        find.Input.Close();
        var listing = Encoding.Latin1.GetString(await find.ReadAsync(LongestListing, ct) ?? throw new BuildRejectedException(
            "The slug has too many files.",
            $"The built app has too many files: the list of their names is longer than {ByteSize.Format(LongestListing)}.",
            "Remove what its dynos do not need at the end of the build."));
        await find.EnsureSuccessAsync(ct);
        var names = new List<string>();
        var warnings = new List<string>();
        foreach (var entry in listing.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Reject(entry) is { } reason)
            {
                var name = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(entry[3..])).ReplaceLineEndings("?");
                warnings.Add($"{name} was left out of the slug: {reason}.");
            }
            else
            {
                names.Add(entry[1..]);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return (names, warnings);
    }

    // An image takes names that begin with .wh. for orders to delete, not for files.
    private static string? Reject(string entry) =>
        entry[0] is not ('f' or 'd' or 'l') ? "it is neither a file, a directory nor a symlink"
        : entry.Contains("/.wh.", StringComparison.Ordinal) ? "an image cannot hold names that begin with .wh."
        : null;

    private static async Task FeedAsync(HostProcess tar, List<string> names, CancellationToken ct)
    {
        try
        {
            await tar.Input.WriteAsync(Encoding.Latin1.GetBytes(string.Join('\0', names)), ct);
            tar.Input.Close();
        }
        catch (IOException)
        {
            // tar has ended: its exit code says why.
        }
    }

    /// <summary>Writes a layer to a file; null when it is larger than the limit.</summary>
    public static async Task<LayerFile?> SaveAsync(Stream source, string target, long limit, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[256 * 1024];
        var size = 0L;
        for (int read; (read = await source.ReadAsync(buffer, ct)) > 0;)
        {
            size += read;
            if (size > limit)
            {
                return null;
            }

            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        return new LayerFile(target, "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()), size);
    }
}
