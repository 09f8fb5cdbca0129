using System.Formats.Tar;
using System.Security.Cryptography;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

/// <summary>A layer of /app with one file and a link to it, owned by 21000.</summary>
internal static class LayerTar
{
    public static async Task<LayerFile> WriteAsync(TemporaryDirectory directory, byte[] content, CancellationToken ct)
    {
        var path = Path.Combine(directory.Path, Guid.NewGuid().ToString("N") + ".tar");
        await using (var file = File.Create(path))
        await using (var tar = new TarWriter(file, TarEntryFormat.Ustar))
        {
            await tar.WriteEntryAsync(Owned(new(TarEntryType.Directory, "app/"), "755"), ct);
            using var data = new MemoryStream(content);
            var entry = Owned(new(TarEntryType.RegularFile, "app/file"), "640");
            entry.DataStream = data;
            await tar.WriteEntryAsync(entry, ct);
            var link = Owned(new(TarEntryType.SymbolicLink, "app/link"), "777");
            link.LinkName = "file";
            await tar.WriteEntryAsync(link, ct);
        }
        await using var written = File.OpenRead(path);
        return new LayerFile(path, "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(written, ct)), written.Length);
    }

    private static UstarTarEntry Owned(UstarTarEntry entry, string mode)
    {
        (entry.Uid, entry.Gid, entry.Mode) = (21000, 21000, BusyboxRoot.Mode(mode));
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return entry;
    }
}
