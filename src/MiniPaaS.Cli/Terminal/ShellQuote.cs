using System.Text.RegularExpressions;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Quotes for POSIX shells.</summary>
internal static partial class ShellQuote
{
    /// <summary>One shell word that expands to exactly <paramref name="value"/>.</summary>
    public static string Word(string value) =>
        Harmless().IsMatch(value) ? value : "'" + value.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>True when a shell can have a variable of this name.</summary>
    public static bool IsVariableName(string name) => VariableName().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_./:@%+,-]+\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Harmless();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VariableName();
}
