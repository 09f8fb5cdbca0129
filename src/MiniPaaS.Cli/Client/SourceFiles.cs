namespace MiniPaaS.Cli.Client;

/// <summary>
/// The files of a directory that are to be deployed: in a git work tree what git would take (tracked files and new ones that no .gitignore
/// names), elsewhere everything but <c>.git</c>. Symlinks are listed and never followed.
/// </summary>
internal static class SourceFiles
{
    /// <summary>Paths below the directory, parts divided by <c>/</c>, in order.</summary>
    /// <exception cref="PaasException">There are none, or one cannot be carried in an archive.</exception>
    public static async Task<IReadOnlyList<string>> ListAsync(string directory, CancellationToken cancellation)
    {
        var files = new SortedSet<string>(StringComparer.Ordinal);
        await AddAsync(directory, "", files, cancellation);
        if (files.FirstOrDefault(file => file.Contains('\uFFFD', StringComparison.Ordinal)) is { } unreadable)
        {
            throw new PaasException($"The name of {unreadable} is not UTF-8. Rename the file, or deploy with `git push`.");
        }
        return files.Count > 0 ? [.. files] : throw new PaasException($"There are no files in {directory}, so there is nothing to deploy.");
    }

    private static async Task AddAsync(string root, string folder, SortedSet<string> files, CancellationToken cancellation)
    {
        var directory = Path.Combine(root, folder);
        string[] arguments = ["-C", directory, "-c", "core.quotePath=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        // A directory that is ignored as a whole is named on purpose, as the output of a build.
        if (await Git.TryRunAsync(["-C", directory, "check-ignore", "--quiet", "."], cancellation) is { ExitCode: 0 }
            || await Git.TryRunAsync(arguments, cancellation) is not { ExitCode: 0 } listing)
        {
            AddAll(root, folder, files);
            return;
        }
        foreach (var name in listing.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = folder + name.TrimEnd('/');
            var entry = new FileInfo(Path.Combine(root, path));
            if (entry.LinkTarget is null && Directory.Exists(entry.FullName))
            {
                // A submodule, or a repository in the repository: its files are this app's, too.
                await AddAsync(root, $"{path}/", files, cancellation);
            }
            else if (entry.Exists || entry.LinkTarget is not null)
            {
                files.Add(path);
            }
        }
    }

    private static void AddAll(string root, string folder, SortedSet<string> files)
    {
        foreach (var entry in new DirectoryInfo(Path.Combine(root, folder)).EnumerateFileSystemInfos())
        {
            if (entry.Name == ".git")
            {
                continue;
            }
            if (entry is DirectoryInfo && entry.LinkTarget is null)
            {
                AddAll(root, $"{folder}{entry.Name}/", files);
            }
            else
            {
                files.Add(folder + entry.Name);
            }
        }
    }
}
