using System.Collections.Immutable;
using System.Formats.Tar;
using System.Security.Cryptography;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>A file, directory or symlink of an app.</summary>
/// <param name="Path">Below <c>/app</c>; of a container below <c>/</c>.</param>
/// <param name="Kind"><c>file</c>, <c>directory</c> or <c>symlink</c>.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Digest">SHA-256 of a file's content, else null.</param>
/// <param name="Target">Where a symlink leads, else null.</param>
internal sealed record SlugFile(string Path, string Kind, int Mode, long Size, string? Digest, string? Target);

/// <summary>Reads what is in a slug from the tar of its <c>/app</c>: its layer, or what the engine sends of it; of a container from that of everything.</summary>
internal static class SlugFiles
{
    private const string Root = "app";

    /// <summary>All entries below the root, sorted by path. Nothing is written anywhere.</summary>
    /// <exception cref="FormatException">The tar holds something that no slug can.</exception>
    public static Task<ImmutableArray<SlugFile>> ReadAsync(Stream tar, CancellationToken ct) => ReadAsync(tar, PathOf, ct);

    /// <summary>All entries of a whole system, sorted by path.</summary>
    public static Task<ImmutableArray<SlugFile>> ReadSystemAsync(Stream tar, CancellationToken ct) => ReadAsync(tar, SystemPathOf, ct);

    private static async Task<ImmutableArray<SlugFile>> ReadAsync(Stream tar, Func<string, string> pathOf, CancellationToken ct)
    {
        var files = new SortedDictionary<string, SlugFile>(StringComparer.Ordinal);
        await using var reader = new TarReader(tar, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            var path = pathOf(entry.Name);
            if (path.Length > 0 && !(pathOf == SystemPathOf && IsDevice(entry)))
            {
                files[path] = await DescribeAsync(entry, path, link => files.GetValueOrDefault(pathOf(link)), ct);
            }
        }

        return [.. files.Values];
    }

    private static async Task<SlugFile> DescribeAsync(TarEntry entry, string path, Func<string, SlugFile?> seen, CancellationToken ct)
    {
        var mode = (int)entry.Mode & 0b111_111_111_111;
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                return new SlugFile(path, "directory", mode, 0, Digest: null, Target: null);
            case TarEntryType.SymbolicLink:
                return new SlugFile(path, "symlink", 0, 0, Digest: null, entry.LinkName);
            case TarEntryType.HardLink:
                // Which of the names of a file comes first is the writer's choice.
                return seen(entry.LinkName) is { Kind: "file" } first
                    ? first with { Path = path }
                    : throw new FormatException($"{path} is a link to {entry.LinkName}, which does not come before it.");
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var digest = entry.DataStream is { } content ? await SHA256.HashDataAsync(content, ct) : SHA256.HashData([]);
                return new SlugFile(path, "file", mode, entry.Length, $"sha256:{Convert.ToHexStringLower(digest)}", Target: null);
            default:
                throw new FormatException($"{path} is neither a file, a directory nor a link.");
        }
    }

    private static bool IsDevice(TarEntry entry) =>
        entry.EntryType is TarEntryType.CharacterDevice or TarEntryType.BlockDevice or TarEntryType.Fifo;

    // The engine puts a file of its own into every container.
    private static string SystemPathOf(string name) => name.Trim('/') is var path && path == ".dockerenv" ? "" : path;

    private static string PathOf(string name)
    {
        var parts = name.TrimEnd('/').Split('/');
        return parts[0] == Root && !parts.Contains("..")
            ? string.Join('/', parts.Skip(1))
            : throw new FormatException($"\"{name}\" lies outside of /app.");
    }
}
