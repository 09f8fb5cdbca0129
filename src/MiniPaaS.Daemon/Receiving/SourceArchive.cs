using System.Globalization;
using System.Text;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The tree of one commit, read while its objects may still be in a push's quarantine.</summary>
internal sealed class SourceArchive(ObjectDirectories objects, string commit, Settings settings)
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
        // Without a walk: of a shallow clone the parents are not here.
        var output = await Git.ReadAsync(
            objects, ct, "log", "-1", "--no-walk", "--no-show-signature", "--encoding=UTF-8", "--format=%ct%x00%s", commit, "--");
        var parts = Encoding.UTF8.GetString(output).TrimEnd('\n').Split('\0', 2);
        return new CommitInfo(commit, DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[0], CultureInfo.InvariantCulture)), parts[1]);
    }

    /// <summary>Writes the files into a directory of the dyno user's, with submodules and without what <c>.slugignore</c> names.</summary>
    /// <returns>Warnings for the pusher.</returns>
    /// <exception cref="HostProcessException">git or tar failed.</exception>
    /// <exception cref="BuildRejectedException">A submodule cannot be fetched.</exception>
    public async Task<IReadOnlyList<string>> ExtractAsync(string directory, CancellationToken ct)
    {
        var listing = ListAsync(ct);
        await Task.WhenAll(listing, UnpackAsync(directory, ct));
        var entries = await listing;
        var warnings = new List<string>();
        await FetchSubmodulesAsync(directory, entries, warnings, ct);
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

    private async Task<List<SourceEntry>> ListAsync(CancellationToken ct)
    {
        var output = await Git.ListTreeAsync(objects, commit, ct);
        return
        [
            .. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => new SourceEntry(line[..6], line.Split(' ', '\t')[2], line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..])),
        ];
    }

    private async Task FetchSubmodulesAsync(string directory, List<SourceEntry> entries, List<string> warnings, CancellationToken ct)
    {
        var links = entries.Where(e => e.Mode == SubmoduleMode).Select(e => (e.Path, e.Id)).ToArray();
        if (links.Length == 0)
        {
            return;
        }

        try
        {
            var modules = entries.Any(e => e is { Path: ".gitmodules", IsFile: true })
                ? Encoding.UTF8.GetString(await Git.ReadAsync(objects, ct, "config", "--blob", $"{commit}:.gitmodules", "--null", "--list"))
                : "";
            var unknown = await new Submodules(settings, ct).FillAsync(links, modules, parent: null, directory);
            warnings.AddRange(unknown.Select(path =>
                $"The submodule {path} was not fetched: .gitmodules does not say where it comes from. Its directory is empty in the build."));
        }
        catch (HostProcessException e)
        {
            throw new BuildRejectedException(".gitmodules cannot be read.", $".gitmodules cannot be read: {e.Errors.Split('\n')[0]}");
        }
        catch (FetchException e)
        {
            throw new BuildRejectedException(
                e.Message,
                e.Message,
                "Submodules must lie where this server can read them without a password (or with one in their address); or commit their files instead.");
        }
    }

    // The paths come from git, not from the directory: none of them leads through a symlink.
    private static async Task IgnoreAsync(string directory, List<SourceEntry> entries, List<string> warnings, CancellationToken ct)
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
        var ignored = entries.Where(e => slugignore.Ignores(e.Path)).Select(e => e.Bytes).ToList();
        if (ignored.Count > 0)
        {
            await using var rm = DynoUser.Start(directory, "xargs", "--null", "rm", "--recursive", "--force", "--");
            await rm.Input.WriteAsync(Encoding.Latin1.GetBytes(string.Join('\0', ignored)), ct);
            rm.Input.Close();
            await rm.EnsureSuccessAsync(ct);
        }
    }

    /// <summary>An entry of the tree.</summary>
    /// <param name="Mode">As git writes it, as in <c>100644</c>.</param>
    /// <param name="Id">Object, or commit of a submodule.</param>
    /// <param name="Bytes">Path, one character per byte.</param>
    private sealed record SourceEntry(string Mode, string Id, string Bytes)
    {
        public string Path { get; } = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Bytes));

        public bool IsFile => Mode.StartsWith("100", StringComparison.Ordinal);
    }
}
