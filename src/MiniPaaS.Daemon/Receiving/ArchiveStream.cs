using System.IO.Compression;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The tar in a file, whatever it is compressed with: people name archives as they like, so its first bytes decide.</summary>
internal sealed class ArchiveStream : IAsyncDisposable
{
    private readonly HostProcess? program;
    private readonly FileStream file;
    private readonly Task feeding;

    private ArchiveStream(FileStream file, string[]? command)
    {
        this.file = file;
        program = command is null ? null : DynoUser.Start("/", command);
        Tar = program?.Output ?? file;
        feeding = program is null ? Task.CompletedTask : FeedAsync(program);
    }

    private ArchiveStream(FileStream file, GZipStream unpacked)
    {
        this.file = file;
        Tar = unpacked;
        feeding = Task.CompletedTask;
    }

    /// <summary>True when the file is the tar itself.</summary>
    public bool IsPlain => Tar == file;

    /// <summary>The uncompressed tar.</summary>
    public Stream Tar { get; }

    /// <summary>Opens an archive.</summary>
    /// <exception cref="SourceException">It is empty, or what it is compressed with cannot be read here.</exception>
    public static async Task<ArchiveStream> OpenAsync(string path, CancellationToken ct)
    {
        var archive = File.OpenRead(path);
        var magic = new byte[6];
        var length = await archive.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, ct);
        archive.Position = 0;
        return length < magic.Length ? throw new SourceException("The archive is empty.")
            : magic is [0x1f, 0x8b, ..] ? new ArchiveStream(archive, new GZipStream(archive, CompressionMode.Decompress))
            : magic is [(byte)'B', (byte)'Z', (byte)'h', ..] ? new ArchiveStream(archive, Command("bzip2"))
            : magic is [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] ? new ArchiveStream(archive, [.. Command("xz"), "--memlimit=256MiB"])
            : magic is [0x28, 0xb5, 0x2f, 0xfd, ..] ? new ArchiveStream(archive, Command("zstd"))
            : magic is [(byte)'P', (byte)'K', 3, 4, ..] ? throw new SourceException("The archive is a zip file; make a tar of it (tar czf app.tgz .).")
            : new ArchiveStream(archive, command: null);
    }

    /// <summary>Reads what is left, and makes sure that it was whole.</summary>
    /// <exception cref="SourceException">It was not.</exception>
    public async Task CompleteAsync(CancellationToken ct)
    {
        try
        {
            await Tar.CopyToAsync(Stream.Null, ct);
            await (program?.EnsureSuccessAsync(ct) ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is HostProcessException or InvalidDataException)
        {
            throw new SourceException($"The archive cannot be unpacked: {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (program is not null)
        {
            await program.DisposeAsync();
        }

        await feeding;
        await Tar.DisposeAsync();
        await file.DisposeAsync();
    }

    private static string[] Command(string program) => HostProcess.IsInstalled(program)
        ? [program, "--decompress", "--stdout"]
        : throw new SourceException($"The archive is compressed with {program}, which this server has not installed; compress it with gzip.");

    private async Task FeedAsync(HostProcess target)
    {
        try
        {
            await file.CopyToAsync(target.Input, CancellationToken.None);
            target.Input.Close();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It reads no more: what came of it says why.
        }
    }
}

/// <summary>What was sent to be deployed cannot be; the message is for the user.</summary>
internal sealed class SourceException(string message) : Exception(message);
