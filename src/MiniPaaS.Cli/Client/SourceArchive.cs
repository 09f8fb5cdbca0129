using System.Formats.Tar;
using System.IO.Compression;

namespace MiniPaaS.Cli.Client;

/// <summary>
/// A directory as a request body: a compressed tar, written while it is sent. Normalised: the same files give the same bytes, whoever owns
/// them and whenever they were written.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="files">Paths below it, parts divided by <c>/</c>.</param>
/// <param name="sent">Told how many bytes of files have been sent.</param>
internal sealed class SourceArchive(string directory, IReadOnlyList<string> files, Action<long> sent)
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes it.</summary>
    /// <exception cref="PaasException">A file cannot be read.</exception>
    public async Task WriteAsync(Stream target, CancellationToken cancellation)
    {
        var total = 0L;
        await using var packed = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(packed, TarEntryFormat.Gnu);
        foreach (var file in files)
        {
            total += await AddAsync(tar, file, cancellation);
            sent(total);
        }
    }

    private async Task<long> AddAsync(TarWriter tar, string file, CancellationToken cancellation)
    {
        var info = new FileInfo(Path.Combine(directory, file));
        if (info.LinkTarget is { } link)
        {
            await tar.WriteEntryAsync(
                new GnuTarEntry(TarEntryType.SymbolicLink, file) { Mode = Plain, ModificationTime = DateTimeOffset.UnixEpoch, LinkName = link }, cancellation);
            return 0;
        }
        try
        {
            await using var content = new FileStream(info.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var mode = info.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? Plain | Executable : Plain;
            await tar.WriteEntryAsync(
                new GnuTarEntry(TarEntryType.RegularFile, file) { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content }, cancellation);
            return content.Length;
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or FileNotFoundException or NotSupportedException)
        {
            throw new PaasException($"{info.FullName} cannot be read, so nothing was deployed: {problem.Message}");
        }
    }
}

/// <summary>A body of unknown length.</summary>
internal sealed class WrittenContent(Func<Stream, CancellationToken, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => write(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) =>
        write(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
