using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MiniPaaS.Daemon.Building;

/// <summary>The system calls that .NET has no method for.</summary>
internal static partial class Posix
{
    public const int NoSuchFile = 2;
    public const int NotADirectory = 20;
    public const int TooManyLinks = 40;

    private const int AtCurrentDirectory = -100;
    private const int AtEmptyPath = 0x1000;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxType = 1;
    private const uint StatxOwner = 0x18;
    private const ushort TypeMask = 0xF000;
    private const ushort RegularFile = 0x8000;

    // The values of these two differ between the processor families Linux runs on; the others do not.
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Directory = Arm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = Arm ? 0x8000 : 0x20000;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>Gives a file or directory, not what a symlink points to, to a user and the group of the same number.</summary>
    public static void ChangeOwner(string path, int id)
    {
        if (Chown(path, (uint)id, (uint)id) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The owner of {path} could not be changed.");
        }
    }

    /// <summary>Gives an open file, whatever its path leads to by now, to a user and a group.</summary>
    public static void ChangeOwner(SafeFileHandle file, (uint User, uint Group) owner)
    {
        if (Fchown(file, owner.User, owner.Group) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "The owner of a file could not be changed.");
        }
    }

    /// <summary>Makes a named pipe that only its owner can open.</summary>
    public static void MakePipe(string path)
    {
        if (MakeFifo(path, 0x180) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The pipe {path} could not be made.");
        }
    }

    /// <summary>The user and group that a file or directory, not what a symlink points to, belongs to.</summary>
    public static (uint User, uint Group) OwnerOf(string path)
    {
        using var current = new SafeFileHandle(AtCurrentDirectory, ownsHandle: false);
        var status = new byte[256];
        return Statx(current, path, AtSymlinkNoFollow, StatxOwner, status) == 0
            ? (BitConverter.ToUInt32(status, 20), BitConverter.ToUInt32(status, 24))
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The owner of {path} could not be read.");
    }

    /// <summary>Opens a directory for walking; null and the error number when the last component is missing or no directory.</summary>
    public static SafeFileHandle? OpenDirectory(SafeFileHandle? parent, string name, out int error) =>
        Open(parent, name, Directory, out error);

    /// <summary>Opens a file for reading without waiting, even when it is a pipe.</summary>
    public static SafeFileHandle? OpenFile(SafeFileHandle parent, string name, out int error) =>
        Open(parent, name, NonBlocking, out error);

    public static bool IsRegularFile(SafeFileHandle file)
    {
        var status = new byte[256];
        return Statx(file, "", AtEmptyPath, StatxType, status) == 0
            && (BitConverter.ToUInt16(status, 28) & TypeMask) == RegularFile;
    }

    private static SafeFileHandle? Open(SafeFileHandle? parent, string name, int flags, out int error)
    {
        using var current = new SafeFileHandle(AtCurrentDirectory, ownsHandle: false);
        var handle = OpenAt(parent ?? current, name, flags | NoFollow | CloseOnExec, 0);
        error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (error == 0)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle directory, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Fchown(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint owner, uint group);
}
