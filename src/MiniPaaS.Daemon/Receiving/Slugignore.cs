using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>
/// The files that a <c>.slugignore</c> keeps out of a build. Its patterns are Ruby's globs, not git's: a <c>*</c> matches no leading dot,
/// <c>**/</c> enters no hidden directory, and nothing can be taken back with <c>!</c>.
/// </summary>
internal sealed record Slugignore
{
    /// <summary>Longest file in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private ImmutableArray<Regex> Patterns { get; init; } = [];

    /// <summary>Lines that match nothing, one sentence each.</summary>
    public ImmutableArray<string> Warnings { get; private init; } = [];

    public static Slugignore Parse(string text)
    {
        var patterns = ImmutableArray.CreateBuilder<Regex>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        foreach (var raw in text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n'))
        {
            var comment = raw.StartsWith('#') ? 0 : raw.IndexOf(" #", StringComparison.Ordinal);
            var line = (comment < 0 ? raw : raw[..comment]).Trim();
            if (line.Length == 0)
            {
                continue;
            }

            if (Reject(line) is { } reason)
            {
                warnings.Add($".slugignore: \"{line}\" was ignored: {reason}.");
            }
            else if (Compile(line) is { } pattern)
            {
                patterns.Add(pattern);
            }
            else
            {
                warnings.Add($".slugignore: \"{line}\" was ignored: it is not a valid pattern.");
            }
        }

        return new Slugignore { Patterns = patterns.ToImmutable(), Warnings = warnings.ToImmutable() };
    }

    /// <summary>True when the file or directory itself is ignored; what lies in an ignored directory is not asked for.</summary>
    /// <param name="path">Relative path without a leading or trailing slash.</param>
    public bool Ignores(string path) => Patterns.Any(p => p.IsMatch(path));

    private static string? Reject(string line) =>
        line.StartsWith('!') ? "a pattern cannot be taken back with \"!\""
        : line.Split('/').Contains("..") ? "it points outside the app"
        : line.Trim('/') is "" or "." ? "it would leave nothing"
        : null;

    // Linear time whatever the pattern is; a reversed range such as [z-a] cannot be compiled.
    private static Regex? Compile(string line)
    {
        try
        {
            return new Regex(Translate(line), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Translate(string line)
    {
        var glob = line.TrimEnd('/');
        var anchored = glob.Contains('/', StringComparison.Ordinal);
        glob = glob.TrimStart('/');
        var regex = new StringBuilder(anchored ? "^" : "^(?:[^./][^/]*/)*");
        for (var i = 0; i < glob.Length;)
        {
            i += Next(glob, i, regex);
        }

        return regex.Append('$').ToString();
    }

    // Appends the next element and returns how many characters of the glob it took.
    private static int Next(string glob, int at, StringBuilder regex)
    {
        var first = at == 0 || glob[at - 1] == '/';
        var rest = glob.AsSpan(at);
        if (first && rest.StartsWith("**/", StringComparison.Ordinal))
        {
            regex.Append("(?:[^./][^/]*/)*");
            return 3;
        }

        switch (rest[0])
        {
            case '*':
                var stars = rest.IndexOfAnyExcept('*');
                regex.Append(first ? "(?:[^./][^/]*)?" : "[^/]*");
                return stars < 0 ? rest.Length : stars;
            case '?':
                regex.Append(first ? "[^./]" : "[^/]");
                return 1;
            case '[' when rest.Length > 2 && rest[2..].IndexOf(']') is >= 0 and var end:
                AppendSet(rest[1..(end + 2)], regex);
                return end + 3;
            case '\\' when rest.Length > 1:
                regex.Append(Regex.Escape(rest[1..2].ToString()));
                return 2;
            default:
                regex.Append(Regex.Escape(rest[..1].ToString()));
                return 1;
        }
    }

    private static void AppendSet(ReadOnlySpan<char> set, StringBuilder regex)
    {
        var negated = set[0] is '!' or '^';
        regex.Append(negated ? "[^/" : "[");
        foreach (var c in negated ? set[1..] : set)
        {
            regex.Append(c is '\\' or '[' or ']' or '^' ? "\\" : "").Append(c);
        }

        regex.Append(']');
    }
}
