using System.Security.Cryptography;

namespace MiniPaaS.Daemon.Building;

/// <summary>What tells two states of a buildpack's folder apart: names, contents, links and what can be run, but neither owners nor times.</summary>
internal static class PackDigest
{
    /// <summary>Reads the folder without following a link in it.</summary>
    /// <param name="directory">The folder; the dyno user may read what is in it.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns><c>sha256:</c> and 64 hex digits.</returns>
    /// <exception cref="HostProcessException">A file cannot be read.</exception>
    public static Task<string> OfAsync(string directory, CancellationToken ct) => ReadAsync(directory, Stream.Null, ct);

    /// <summary>Copies the folder into a new one of the dyno user's.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="target">The new one.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The digest of exactly what was copied.</returns>
    /// <exception cref="HostProcessException">A file cannot be read or written.</exception>
    public static async Task<string> CopyAsync(string directory, string target, CancellationToken ct)
    {
        DynoUser.CreateDirectory(target);
        await using var tar = DynoUser.Start(target, "tar", "--extract", "--preserve-permissions", "--no-same-owner", "--file=-");
        var digest = await ReadAsync(directory, tar.Input, ct);
        tar.Input.Close();
        await tar.EnsureSuccessAsync(ct);
        return digest;
    }

    private static async Task<string> ReadAsync(string directory, Stream copy, CancellationToken ct)
    {
        await using var tar = DynoUser.Start(
            directory,
            "tar",
            "--create",
            "--format=gnu",
            "--sort=name",
            "--hard-dereference",
            "--exclude=./.git",
            "--mtime=@0",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--mode=u+rwX,go=u,go-w,a-st",
            "--file=-",
            ".");
        tar.Input.Close();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        for (int read; (read = await tar.Output.ReadAsync(buffer, ct)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            await copy.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        await tar.EnsureSuccessAsync(ct);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
