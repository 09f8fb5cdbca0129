using System.Globalization;
using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The tree of one commit, read while its objects may still be in a push's quarantine.</summary>
internal sealed class SourceArchive(ObjectDirectories objects, string commit)
{
    private const string SubmoduleMode = "160000";

    /// <summary>True when a commit can be read.</summary>
    public static async Task<bool> HasCommitAsync(ObjectDirectories objects, string commit, CancellationToken ct)
    {
        try
        {
            await Git.ReadAsync(objects, ct, "cat-file", "-e", $"{commit}^{{commit}}");
            return true;
        }
        catch (HostProcessException)
        {
            return false;
        }
    }

    /// <summary>Reads the commit's time and subject.</summary>
    public async Task<CommitInfo> DescribeAsync(CancellationToken ct)
    {
        var output = await Git.ReadAsync(
            objects, ct, "log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%ct%x00%s", commit, "--");
        var parts = Encoding.UTF8.GetString(output).TrimEnd('\n').Split('\0', 2);
        return new CommitInfo(commit, DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[0], CultureInfo.InvariantCulture)), parts[1]);
    }

    /// <summary>Writes the files into a directory of the dyno user's, without those that <c>.slugignore</c> names.</summary>
    /// <returns>Warnings for the pusher.</returns>
    /// <exception cref="HostProcessException">git or tar failed.</exception>
    public async Task<IReadOnlyList<string>> ExtractAsync(string directory, CancellationToken ct)
    {
        var listing = ListAsync(ct);
        await Task.WhenAll(listing, UnpackAsync(directory, ct));
        var entries = await listing;
        var warnings = entries.Where(e => e.Mode == SubmoduleMode).Select(e =>
            $"The submodule {e.Path} was not fetched: submodules are not supported yet. Its directory is empty in the build.").ToList();
        await IgnoreAsync(directory, entries, warnings, ct);
        return warnings;
    }

    private async Task UnpackAsync(string directory, CancellationToken ct)
    {
        await using var tar = DynoUser.Start(directory, "tar", "--extract", "--preserve-permissions", "--no-same-owner", "--file=-");
        await using var git = Git.Start(objects.Repository, objects.Environment, [], "archive", "--format=tar", commit);
        await git.PipeToAsync(tar, ct);
        await tar.EnsureSuccessAsync(ct);
        await git.EnsureSuccessAsync(ct);
    }

    private async Task<List<(string Mode, string Path)>> ListAsync(CancellationToken ct)
    {
        var output = Encoding.UTF8.GetString(await Git.ReadAsync(objects, ct, "ls-tree", "-r", "-t", "-z", "--full-tree", commit));
        return
        [
            .. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (line[..6], line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..])),
        ];
    }

    // The paths come from git, not from the directory: none of them leads through a symlink.
    private static async Task IgnoreAsync(
        string directory, List<(string Mode, string Path)> entries, List<string> warnings, CancellationToken ct)
    {
        string? text;
        try
        {
            text = new UntrustedTree(directory).ReadText(".slugignore", Slugignore.MaxSize);
        }
        catch (UntrustedFileException e)
        {
            warnings.Add($"{e.Message} It was ignored.");
            return;
        }

        if (text is null)
        {
            return;
        }

        var slugignore = Slugignore.Parse(text);
        warnings.AddRange(slugignore.Warnings);
        var ignored = entries.Where(e => slugignore.Ignores(e.Path)).Select(e => e.Path).ToList();
        if (ignored.Count > 0)
        {
            await using var rm = DynoUser.Start(directory, "xargs", "--null", "rm", "--recursive", "--force", "--");
            await rm.Input.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\0', ignored)), ct);
            rm.Input.Close();
            await rm.EnsureSuccessAsync(ct);
        }
    }
}
