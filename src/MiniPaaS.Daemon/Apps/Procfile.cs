using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Apps;

/// <summary>What a Procfile declares. There is no formal grammar: this accepts what Heroku or foreman accept, and says what it ignored.</summary>
internal sealed partial record Procfile
{
    /// <summary>Longest name of a process type: it becomes part of host and container names.</summary>
    public const int MaxTypeLength = 63;

    /// <summary>Longest Procfile in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private static readonly ImmutableSortedDictionary<string, string> NoProcesses =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>What no Procfile declares.</summary>
    public static readonly Procfile Empty = new();

    private Procfile()
    {
    }

    /// <summary>Command lines by process type.</summary>
    public ImmutableSortedDictionary<string, string> Processes { get; private init; } = NoProcesses;

    /// <summary>Lines that were ignored or mean something else than they seem to, one sentence each.</summary>
    public ImmutableArray<string> Warnings { get; private init; } = [];

    public static Procfile Parse(string text)
    {
        var processes = NoProcesses.ToBuilder();
        var warnings = ImmutableArray.CreateBuilder<string>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            if (line.AsSpan().Trim() is [] or ['#', ..])
            {
                continue;
            }

            var declaration = Declaration().Match(line);
            if (!declaration.Success)
            {
                warnings.Add($"Procfile line {number} was ignored: it is not of the form \"type: command\".");
                continue;
            }

            var type = declaration.Groups["type"].Value;
            if (type.Length > MaxTypeLength)
            {
                warnings.Add($"Procfile line {number} was ignored: the name of a process type has at most {MaxTypeLength} characters.");
                continue;
            }

            if (!declaration.Groups["colon"].Success)
            {
                warnings.Add($"Procfile line {number} has no colon after \"{type}\"; it was read as \"{type}: ...\".");
            }

            if (processes.ContainsKey(type))
            {
                warnings.Add($"Procfile line {number} declares \"{type}\" again; the last declaration counts.");
            }

            processes[type] = declaration.Groups["command"].Value.TrimEnd();
        }

        return new Procfile { Processes = processes.ToImmutable(), Warnings = warnings.ToImmutable() };
    }

    /// <summary>The types of the Procfile and those of the buildpack that it does not declare itself.</summary>
    public ImmutableSortedDictionary<string, string> MergeDefaults(IReadOnlyDictionary<string, string> defaults) =>
        Processes.AddRange(defaults.Where(d => !Processes.ContainsKey(d.Key)));

    /// <summary>True for a name that a process type can have.</summary>
    public static bool IsType(string text) => text.Length <= MaxTypeLength && TypeName().IsMatch(text);

    // "web: a" (both), "web:a" (foreman), " web: a" and "web a" (Heroku); "web : a" is refused: Heroku would run ": a".
    [GeneratedRegex(@"^\s*(?<type>[A-Za-z0-9_-]+)(?:(?<colon>:)\s*|\s+(?!:))(?<command>\S.*)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TypeName();
}
