using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>
/// The part of a list that a client asks for, as the Platform API's header Range has it: <c>version 5..9; order=desc, max=10</c>. A bracket
/// (<c>id ]X..</c>) leaves the first itself out. Not RFC 9110's ranges of bytes.
/// </summary>
internal sealed partial record ListRange
{
    public const int DefaultMax = 200;
    public const int LargestMax = 1000;

    /// <summary>What the list is ordered by, as in <c>version</c>.</summary>
    public required string Field { get; init; }

    /// <summary>Value to begin with; null for the first.</summary>
    public string? Start { get; init; }

    /// <summary>True when the list begins after <see cref="Start"/>.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Last value; null for no end.</summary>
    public string? End { get; init; }

    public bool Descending { get; init; }

    /// <summary>Most items of one answer.</summary>
    public int Max { get; init; } = DefaultMax;

    /// <summary>Reads the header. One that is missing or empty asks for the list as it is.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="fields">What the list can be ordered by, its own order first.</param>
    /// <param name="range">What is asked for.</param>
    /// <param name="error">Why it cannot be understood.</param>
    public static bool TryParse(string? header, IReadOnlyList<string> fields, [NotNullWhen(true)] out ListRange? range, out string error)
    {
        (range, error) = (new ListRange { Field = fields[0] }, "");
        if (string.IsNullOrWhiteSpace(header))
        {
            return true;
        }

        var match = Form().Match(header.Trim());
        var options = match.Success ? Options(match.Groups["options"].Value) : null;
        if (options is null || !fields.Contains(match.Groups["field"].Value))
        {
            error = $"The range \"{header}\" cannot be understood. Write it as in \"{fields[0]} ..; order=desc, max=10\"; this list is ordered by: {string.Join(", ", fields)}.";
            range = null;
            return false;
        }

        range = new ListRange
        {
            Field = match.Groups["field"].Value,
            Start = NullIfEmpty(match.Groups["start"].Value),
            Exclusive = match.Groups["bracket"].Value == "]",
            End = NullIfEmpty(match.Groups["end"].Value),
            Descending = options.Value.Descending,
            Max = options.Value.Max,
        };
        return true;
    }

    /// <summary>What to ask for after an answer that ended with a value.</summary>
    public string After(string last) =>
        $"{Field} ]{last}..{End}; {(Descending ? "order=desc,max=" : "max=")}{Max.ToString(CultureInfo.InvariantCulture)}";

    private static (bool Descending, int Max)? Options(string text)
    {
        var (descending, max) = (false, DefaultMax);
        foreach (var option in text.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (option.Split('=', 2, StringSplitOptions.TrimEntries))
            {
                case ["order", "asc"]:
                    descending = false;
                    break;
                case ["order", "desc"]:
                    descending = true;
                    break;
                case ["max", var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > 0:
                    max = Math.Min(given, LargestMax);
                    break;
                default:
                    return null;
            }
        }

        return (descending, max);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    [GeneratedRegex(@"^(?<field>[a-z_]+)(?:\s+(?<bracket>[\[\]])?(?<start>[^\s;\[\]]*?)\.\.(?<end>[^\s;\[\]]*)\]?)?\s*(?:;(?<options>.*))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
