using System.Text;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>The files that a Dockerfile sees, sent to the engine's builder as they are read.</summary>
internal static class BuildContext
{
    /// <summary>Writes the tree as a tar, without what <c>.dockerignore</c> names.</summary>
    /// <param name="tree">Directory of the dyno user's.</param>
    /// <param name="ignore">What is left out.</param>
    /// <param name="dockerfile">Path that is needed whatever is left out.</param>
    /// <param name="target">Where to.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task WriteAsync(string tree, Dockerignore ignore, string dockerfile, Stream target, CancellationToken ct)
    {
        var names = await ListAsync(tree, ct);
        await using var tar = DynoUser.Start(
            tree, "tar", "--create", "--format=gnu", "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-",
            "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--file=-");
        var feeding = FeedAsync(tar, names.Where(name => name == dockerfile || !ignore.Ignores(name)), ct);
        await tar.Output.CopyToAsync(target, ct);
        await feeding;
        await tar.EnsureSuccessAsync(ct);
    }

    private static async Task<List<string>> ListAsync(string tree, CancellationToken ct)
    {
        await using var find = DynoUser.Start(tree, "find", ".", "-mindepth", "1", "-path", "./.git", "-prune", "-o", "-printf", "%P\\0");
        using var reader = new StreamReader(find.Output, Encoding.UTF8);
        var names = (await reader.ReadToEndAsync(ct)).Split('\0', StringSplitOptions.RemoveEmptyEntries).ToList();
        await find.EnsureSuccessAsync(ct);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static async Task FeedAsync(HostProcess tar, IEnumerable<string> names, CancellationToken ct)
    {
        try
        {
            await tar.Input.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\0', names.Select(name => $"./{name}"))), ct);
            tar.Input.Close();
        }
        catch (IOException)
        {
            // tar has ended: its exit code says why.
        }
    }
}
