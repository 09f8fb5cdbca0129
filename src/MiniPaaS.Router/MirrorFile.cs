using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace MiniPaaS.Router;

/// <summary>A copy on disk of what a router knows: the whole of it or the whole of the one before, and its owner's alone.</summary>
internal static partial class MirrorFile
{
    // O_CLOEXEC.
    private const int CloseOnExec = 0x80000;

    /// <param name="path">The file.</param>
    /// <param name="draft">Ending of the name under which it is written first; two routers that share a directory need two.</param>
    /// <param name="value">What is written, as JSON.</param>
    /// <param name="type">How it is written.</param>
    /// <exception cref="IOException">The disk is full, or what is there is no directory; the file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written; the file is as it was.</exception>
    public static void Write<T>(string path, string draft, T value, JsonTypeInfo<T> type)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var written = $"{path}.{draft}";
        try
        {
            using (var file = new FileStream(written, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                JsonSerializer.Serialize(file, value, type);
                file.Flush(flushToDisk: true);
            }

            File.Move(written, path, overwrite: true);
            Flush(Path.GetDirectoryName(path)!);
        }
        catch
        {
            File.Delete(written);
            throw;
        }
    }

    /// <summary>Sees to it that the names in a directory outlive a loss of power: a new name is on disk only when its directory is (fsync(2)).</summary>
    /// <exception cref="IOException">There is no such directory, or the disk failed.</exception>
    public static void Flush(string directory)
    {
        // .NET opens no directories.
        using var opened = Open(directory, CloseOnExec);
        if (opened.IsInvalid)
        {
            throw new IOException($"{directory} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        RandomAccess.FlushToDisk(opened);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
