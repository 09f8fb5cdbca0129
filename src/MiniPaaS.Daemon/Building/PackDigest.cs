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
    public static async Task<string> OfAsync(string directory, CancellationToken ct)
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
        var digest = await SHA256.HashDataAsync(tar.Output, ct);
        await tar.EnsureSuccessAsync(ct);
        return "sha256:" + Convert.ToHexStringLower(digest);
    }
}
