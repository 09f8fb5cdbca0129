using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Securing;

/// <summary>Files that are whole or not there, whatever happens while they are written.</summary>
internal static class OwnedFile
{
    /// <summary>
    /// Replaces a file in one step. The new content is written where nobody else can reach it: the file's own directory
    /// may belong to a user with fewer rights than this process.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its content.</param>
    /// <param name="mode">Its mode.</param>
    /// <param name="owner">Its user and group.</param>
    /// <param name="workshop">Directory on the same file system that only this process can write to.</param>
    /// <exception cref="IOException">It could not be written; the old one is untouched.</exception>
    public static void Write(string path, string text, UnixFileMode mode, (uint User, uint Group) owner, string workshop)
    {
        var temporary = Path.Combine(workshop, $".{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(temporary, options))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                Posix.ChangeOwner(file.SafeFileHandle, owner);
                File.SetUnixFileMode(file.SafeFileHandle, mode);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
