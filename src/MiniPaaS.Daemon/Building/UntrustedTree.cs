using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MiniPaaS.Daemon.Building;

/// <summary>A directory filled by app code, read without following any symlink in it, whatever it was made to look like.</summary>
internal sealed class UntrustedTree(string root)
{
    /// <summary>Reads a small text file.</summary>
    /// <param name="path">Relative path, parts divided by <c>/</c>.</param>
    /// <param name="maxBytes">Largest size accepted.</param>
    /// <returns>The text, or null when there is no such file.</returns>
    /// <exception cref="UntrustedFileException">There is something, but not a plain file of that size at most; the message is for the user.</exception>
    public string? ReadText(string path, int maxBytes)
    {
        using var file = OpenFile(path);
        if (file is null)
        {
            return null;
        }

        // Regular files have a length; one that grows while it is read is as long as it was.
        var buffer = new byte[Math.Min(RandomAccess.GetLength(file), maxBytes + 1L)];
        var length = ReadAt(file, 0, buffer);
        return length <= maxBytes
            ? Encoding.UTF8.GetString(buffer, 0, length)
            : throw new UntrustedFileException($"{path} is larger than {maxBytes / 1024} KB.");
    }

    /// <summary>Opens a plain file for <see cref="ReadAt"/>; null when there is none of that name.</summary>
    /// <exception cref="UntrustedFileException">There is something, but not a plain file; the message is for the user.</exception>
    public SafeFileHandle? OpenFile(string path)
    {
        var file = Open(path);
        if (file is not null && !Posix.IsRegularFile(file))
        {
            file.Dispose();
            throw new UntrustedFileException($"{path} is not a plain file.");
        }

        return file;
    }

    /// <summary>Fills a buffer from an offset of a file, as far as the file goes; returns the number of bytes.</summary>
    public static int ReadAt(SafeFileHandle file, long offset, Memory<byte> buffer)
    {
        var length = 0;
        for (int read; length < buffer.Length && (read = RandomAccess.Read(file, buffer.Span[length..], offset + length)) > 0;)
        {
            length += read;
        }

        return length;
    }

    /// <summary>True when a directory can be reached through directories alone.</summary>
    /// <param name="path">Relative path, parts divided by <c>/</c>.</param>
    public bool HasDirectory(string path)
    {
        var directory = Root();
        foreach (var part in path.Split('/'))
        {
            using var parent = directory;
            if (part is "" or "." or ".." || (directory = Posix.OpenDirectory(parent, part, out _)) is null)
            {
                return false;
            }
        }

        directory.Dispose();
        return true;
    }

    private SafeFileHandle Root() => Posix.OpenDirectory(parent: null, root, out var error)
        ?? throw new IOException($"{root} could not be opened (error {error}).");

    private SafeFileHandle? Open(string path)
    {
        var parts = path.Split('/');
        var directory = Root();
        try
        {
            foreach (var part in parts[..^1])
            {
                var next = Posix.OpenDirectory(directory, part, out var error);
                directory.Dispose();
                if (next is null)
                {
                    return Missing(path, error);
                }

                directory = next;
            }

            return Posix.OpenFile(directory, parts[^1], out var problem) ?? Missing(path, problem);
        }
        finally
        {
            directory.Dispose();
        }
    }

    // A symlink where a directory should be gives "not a directory", one where the file should be "too many links".
    private static SafeFileHandle? Missing(string path, int error) => error switch
    {
        Posix.NoSuchFile => null,
        Posix.TooManyLinks or Posix.NotADirectory =>
            throw new UntrustedFileException(
                $"{path} is, or lies behind, a symlink or a file: the platform reads only plain files in plain directories."),
        _ => throw new UntrustedFileException($"{path} could not be read (error {error})."),
    };
}

/// <summary>A file made by app code cannot be read; the message is for the user.</summary>
internal sealed class UntrustedFileException(string message) : Exception(message);
