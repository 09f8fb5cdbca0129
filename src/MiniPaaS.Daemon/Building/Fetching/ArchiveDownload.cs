using System.Security.Cryptography;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>A tar archive on a web server, brought here as a file.</summary>
/// <param name="fetch">What it is part of.</param>
/// <param name="url">Its address.</param>
/// <param name="file">Where it is to lie: root's, so that nobody changes it after it was hashed.</param>
internal sealed class ArchiveDownload(Fetch fetch, Uri url, string file)
{
    /// <summary>Downloads it.</summary>
    /// <returns><c>sha256:</c> and 64 hex digits: of the file.</returns>
    /// <exception cref="FetchException">It cannot be had.</exception>
    public Task<string> GetAsync() => fetch.AttemptAsync(url.Host, async () =>
    {
        await using var curl = fetch.Start(
            "curl", "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "5", "--proto", "=http,https",
            "--globoff", "--url", url.AbsoluteUri);
        curl.Input.Close();
        await using (var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write))
        {
            await fetch.CopyAsync(curl.Output, target, "the archive");
        }

        await curl.EnsureSuccessAsync(fetch.Token);
        await using var content = File.OpenRead(file);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(content, fetch.Token));
    });

    /// <summary>Unpacks it into an empty directory of the dyno user's.</summary>
    /// <exception cref="FetchException">It is no such archive, or is larger than it may be.</exception>
    public async Task UnpackAsync(string directory)
    {
        try
        {
            await using var tar = fetch.StartIn(directory, "tar", "--extract", "--preserve-permissions", "--no-same-owner", "--file=-");
            await using var content = File.OpenRead(file);
            await DecompressAsync(content, tar);
            await tar.EnsureSuccessAsync(fetch.Token);
        }
        catch (HostProcessException e)
        {
            throw new FetchException($"what came is not a tar archive that can be unpacked: {e.Errors.Split('\n')[0]}");
        }
    }

    private async Task DecompressAsync(FileStream content, HostProcess tar)
    {
        try
        {
            if (await ProgramAsync(content) is { } command)
            {
                await using var program = fetch.Start(command);
                var feeding = FeedAsync(content, program);
                await fetch.CopyAsync(program.Output, tar.Input, "the unpacked archive");
                await feeding;
                await program.EnsureSuccessAsync(fetch.Token);
            }
            else
            {
                await fetch.CopyAsync(content, tar.Input, "the archive");
            }

            tar.Input.Close();
        }
        catch (IOException)
        {
            // tar has ended: its words say why.
        }
    }

    private async Task FeedAsync(FileStream content, HostProcess program)
    {
        try
        {
            await content.CopyToAsync(program.Input, fetch.Token);
            program.Input.Close();
        }
        catch (IOException)
        {
            // Its exit code says why it reads no more.
        }
    }

    // By what is in it: servers and people name archives as they like.
    private async Task<string[]?> ProgramAsync(FileStream content)
    {
        var magic = new byte[6];
        var length = await content.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, fetch.Token);
        content.Position = 0;
        return length < magic.Length ? throw new FetchException("what came is not a tar archive: it is empty.")
            : magic is [0x1f, 0x8b, ..] ? ["gzip", "--decompress", "--stdout"]
            : magic is [(byte)'B', (byte)'Z', (byte)'h', ..] ? ["bzip2", "--decompress", "--stdout"]
            : magic is [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] ? ["xz", "--decompress", "--stdout", "--memlimit=256MiB"]
            : null;
    }
}
