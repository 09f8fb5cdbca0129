using System.Formats.Tar;
using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>A tar of unknown origin, read as source: its names become names in a git tree and never paths of this machine.</summary>
/// <param name="import">Gets the files as they are read.</param>
internal sealed class SourceTar(FastImport import)
{
    /// <summary>Most bytes that the files of a source may have together.</summary>
    public const long MaxSize = 2L << 30;

    private const int MaxFiles = 200_000;
    private const int MaxWarnings = 20;
    private const string Executable = "100755";
    private const string Plain = "100644";
    private const string Symlink = "120000";

    private readonly SortedDictionary<string, SourceFile> files = new(StringComparer.Ordinal);
    private readonly List<string> warnings = [];
    private long size;

    /// <summary>What was left out, a sentence each.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>The files by path.</summary>
    /// <param name="unwrap">True to take away a folder that everything lies in, as archives of releases have one.</param>
    public IReadOnlyDictionary<string, SourceFile> Files(bool unwrap)
    {
        var folder = files.Keys.FirstOrDefault()?.Split('/') is [var first, _, ..] ? $"{first}/" : null;
        return unwrap && folder is not null && files.Keys.All(path => path.StartsWith(folder, StringComparison.Ordinal))
            ? files.ToDictionary(file => file.Key[folder.Length..], file => file.Value, StringComparer.Ordinal)
            : files;
    }

    /// <summary>Reads it to its end.</summary>
    /// <exception cref="SourceException">It is no tar, or holds what cannot be deployed.</exception>
    public async Task ReadAsync(Stream tar, CancellationToken ct)
    {
        try
        {
            await using var reader = new TarReader(tar, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, ct) is { } entry)
            {
                if (PathOf(entry.Name) is { } path)
                {
                    await AddAsync(entry, path, ct);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            throw new SourceException($"The archive is not a complete tar file ({e.Message.TrimEnd('.')}).");
        }

        if (files.Count == 0)
        {
            throw new SourceException("There are no files in it, so there is nothing to deploy.");
        }
    }

    private async Task AddAsync(TarEntry entry, string path, CancellationToken ct)
    {
        size += entry.Length;
        if (size > MaxSize || files.Count == MaxFiles)
        {
            throw new SourceException($"The source is too large: it may have {ByteSize.Format(MaxSize)} in {MaxFiles} files.");
        }

        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var mode = entry.Mode.HasFlag(UnixFileMode.UserExecute) ? Executable : Plain;
                files[path] = new SourceFile(mode, await import.BlobAsync(entry.DataStream ?? Stream.Null, entry.Length, ct));
                break;
            case TarEntryType.SymbolicLink:
                var target = Encoding.UTF8.GetBytes(entry.LinkName);
                files[path] = new SourceFile(Symlink, await import.BlobAsync(new MemoryStream(target), target.Length, ct));
                break;
            case TarEntryType.HardLink:
                files[path] = PathOf(entry.LinkName) is { } first && files.TryGetValue(first, out var file)
                    ? file
                    : throw new SourceException($"{path} is a link to {entry.LinkName}, which does not come before it in the archive.");
                break;
            case TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes:
                break;
            default:
                Warn($"{path} was left out: it is neither a file, a directory nor a link.");
                break;
        }
    }

    private void Warn(string warning)
    {
        if (warnings.Count < MaxWarnings)
        {
            warnings.Add(warning.ReplaceLineEndings("?"));
        }
    }

    // Null for what is no file of the source. What git keeps for itself cannot be one: no tree can hold it.
    private static string? PathOf(string name)
    {
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        return parts.Contains("..") ? throw new SourceException($"The archive names \"{name}\", which lies outside of it.")
            : name.Contains('\uFFFD', StringComparison.Ordinal) ? throw new SourceException($"The name \"{name}\" is not UTF-8; rename the file, or deploy with git push.")
            : name.Contains('\0', StringComparison.Ordinal) || parts.Length == 0 || parts.Any(part => part.Equals(".git", StringComparison.OrdinalIgnoreCase)) ? null
            : string.Join('/', parts);
    }
}
