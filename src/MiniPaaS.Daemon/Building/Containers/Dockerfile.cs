using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>What a Dockerfile says of other images, read as Docker's own builder reads it (Dockerfile reference): which it begins with and copies from.</summary>
/// <param name="Images">Names of images that are no stages of its own, in order.</param>
/// <param name="Stages">Names of its stages, in order; empty for one without a name.</param>
internal sealed partial record Dockerfile(ImmutableArray<string> Images, ImmutableArray<string> Stages)
{
    /// <summary>Longest Dockerfile in bytes.</summary>
    public const int MaxSize = 256 * 1024;

    private const string Scratch = "scratch";

    /// <summary>Reads a Dockerfile.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="arguments">Values of ARG instructions.</param>
    /// <exception cref="FormatException">It names an image in a way that is not known before the build.</exception>
    public static Dockerfile Parse(string text, IReadOnlyDictionary<string, string> arguments)
    {
        var images = ImmutableArray.CreateBuilder<string>();
        var stages = ImmutableArray.CreateBuilder<string>();
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (instruction, rest) in Instructions(text))
        {
            if (instruction == "ARG" && stages.Count == 0)
            {
                foreach (var (name, value) in Arguments(rest))
                {
                    known[name] = arguments.GetValueOrDefault(name) ?? Expand(value, known);
                }
            }
            else if (instruction == "FROM")
            {
                var words = Words(rest).SkipWhile(IsFlag).ToArray();
                Add(Expand(words.FirstOrDefault() ?? "", known));
                stages.Add(words is [_, var keyword, var stage] && keyword.Equals("AS", StringComparison.OrdinalIgnoreCase) ? stage : "");
            }
            else if (instruction is "COPY" or "ADD")
            {
                foreach (var from in Words(rest).TakeWhile(IsFlag).Where(flag => flag.StartsWith("--from=", StringComparison.Ordinal)))
                {
                    Add(from["--from=".Length..]);
                }
            }
        }

        return stages.Count > 0
            ? new Dockerfile([.. images.Distinct()], stages.ToImmutable())
            : throw new FormatException("it has no FROM instruction");

        void Add(string image)
        {
            if (image.Length == 0 || image.Contains('$', StringComparison.Ordinal))
            {
                throw new FormatException($"the image \"{image}\" of an instruction is not known before the build: write its name, or give its ARG a value");
            }

            if (image != Scratch && !IsStage(image, stages))
            {
                images.Add(image);
            }
        }
    }

    /// <summary>True for the name or number of a stage.</summary>
    public bool IsStage(string name) => IsStage(name, Stages);

    private static bool IsStage(string name, IReadOnlyCollection<string> stages) =>
        stages.Contains(name, StringComparer.OrdinalIgnoreCase) || (int.TryParse(name, out var number) && number >= 0 && number < stages.Count);

    private static bool IsFlag(string word) => word.StartsWith("--", StringComparison.Ordinal);

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    // A line that ends with the escape character goes on in the next one; comments and empty lines in between do not count.
    private static IEnumerable<(string Name, string Words)> Instructions(string text)
    {
        var lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        var escape = lines.TakeWhile(line => Directive().IsMatch(line)).Select(line => Directive().Match(line))
            .LastOrDefault(match => match.Groups["name"].Value.Equals("escape", StringComparison.OrdinalIgnoreCase))?.Groups["value"].Value ?? "\\";
        var joined = "";
        foreach (var line in lines.Where(line => line.AsSpan().TrimStart() is not ([] or ['#', ..])).Append(""))
        {
            var end = line.TrimEnd();
            if (end.EndsWith(escape, StringComparison.Ordinal))
            {
                joined += end[..^escape.Length] + " ";
                continue;
            }

            var parts = (joined + line).Trim().Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
            joined = "";
            if (parts.Length > 0)
            {
                yield return (parts[0].ToUpperInvariant(), parts.ElementAtOrDefault(1) ?? "");
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> Arguments(string rest) =>
        Argument().Matches(rest).Select(match => (match.Groups["name"].Value, match.Groups["value"].Value.Trim('"', '\'')));

    // $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word}.
    private static string Expand(string word, Dictionary<string, string> known) => Variable().Replace(word.Trim('"', '\''), match =>
    {
        var value = known.GetValueOrDefault(match.Groups["name"].Value) ?? "";
        return match.Groups["operator"].Value switch
        {
            ":-" => value.Length > 0 ? value : match.Groups["word"].Value,
            ":+" => value.Length > 0 ? match.Groups["word"].Value : "",
            _ => value,
        };
    });

    [GeneratedRegex(@"^\s*#\s*(?<name>escape|syntax)\s*=\s*(?<value>\S+)\s*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Directive();

    [GeneratedRegex("""(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:=(?<value>"[^"]*"|'[^']*'|\S*))?""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Argument();

    [GeneratedRegex(@"\$(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?<operator>:[-+])(?<word>[^}]*))?\})", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Variable();
}
