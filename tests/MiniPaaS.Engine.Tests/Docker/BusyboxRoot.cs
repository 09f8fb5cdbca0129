using System.Formats.Tar;
using System.Text;

namespace MiniPaaS.Engine.Tests.Docker;

/// <summary>A root file system of the machine's own static busybox (Debian package busybox-static).</summary>
internal static class BusyboxRoot
{
    private static readonly string[] Commands =
        ["cat", "echo", "env", "grep", "httpd", "id", "ls", "mkdir", "pwd", "readlink", "seq", "sh", "sleep", "stat", "touch", "true"];

    public static MemoryStream Tar()
    {
        var output = new MemoryStream();
        using (var tar = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Directory(tar, "bin/", "755");
            Directory(tar, "etc/", "755");
            Directory(tar, "tmp/", "1777");
            using var busybox = File.OpenRead("/bin/busybox");
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = busybox, Mode = Mode("755") });
            foreach (var command in Commands)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + command) { LinkName = "busybox" });
            using var passwd = new MemoryStream(Encoding.UTF8.GetBytes("root:x:0:0::/:/bin/sh\ntester:x:21000:21000::/:/bin/sh\n"));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "etc/passwd") { DataStream = passwd, Mode = Mode("644") });
        }
        output.Position = 0;
        return output;
    }

    public static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    private static void Directory(TarWriter tar, string name, string mode) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, name) { Mode = Mode(mode) });
}
