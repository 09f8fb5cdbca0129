using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>The .dockerignore of a build context (Docker: "Build context"): the last pattern that applies to a path, or to a folder above it, decides.</summary>
/// <param name="patterns">In the file's order.</param>
internal sealed class Dockerignore(ImmutableArray<(bool Ignores, Regex Path)> patterns)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = ".dockerignore";

    /// <summary>Longest file in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Ignores nothing.</summary>
    public static readonly Dockerignore None = new([]);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Reads the file.</summary>
    public static Dockerignore Parse(string text) => new(
    [
        .. text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n')
            .Where(line => !line.StartsWith('#')).Select(line => line.Trim()).Where(line => line.Length > 0)
            .Select(line => line.StartsWith('!') ? (false, line[1..].Trim()) : (true, line))
            .Select(pattern => (pattern.Item1, Clean: Clean(pattern.Item2))).Where(pattern => pattern.Clean.Length > 0)
            .Select(pattern => (pattern.Item1, new Regex(Translate(pattern.Clean), RegexOptions.CultureInvariant | RegexOptions.Singleline, Patience))),
    ]);

    /// <summary>True when a path below the context's root does not belong to the context.</summary>
    public bool Ignores(string path)
    {
        var ignored = false;
        foreach (var (ignores, pattern) in patterns)
        {
            ignored = pattern.IsMatch(path) ? ignores : ignored;
        }

        return ignored;
    }

    private static string Clean(string pattern) => string.Join('/', pattern.Split('/').Where(part => part is not ("" or ".")));

    // Go's filepath.Match, and ** for any number of folders.
    private static string Translate(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var at = 0; at < pattern.Length; at++)
        {
            var end = pattern[at] == '[' ? pattern.IndexOf(']', at) : -1;
            if (pattern.AsSpan(at).StartsWith("**"))
            {
                var folders = at + 2 < pattern.Length && pattern[at + 2] == '/';
                regex.Append(folders ? "(?:.*/)?" : ".*");
                at += folders ? 2 : 1;
            }
            else if (end > at + 1)
            {
                regex.Append('[').Append(pattern[(at + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)).Append(']');
                at = end;
            }
            else if (pattern[at] == '\\' && at + 1 < pattern.Length)
            {
                regex.Append(Regex.Escape($"{pattern[++at]}"));
            }
            else
            {
                regex.Append(pattern[at] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape($"{c}") });
            }
        }

        return regex.Append("(?:/.*)?\\z").ToString();
    }
}
