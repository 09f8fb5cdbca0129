using System.Text;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Makes text from elsewhere harmless to a terminal and keeps it within its line and column.</summary>
internal static class Printable
{
    /// <summary>Text of several lines: everything but line ends and tabs is escaped.</summary>
    public static string Text(string text) => Escape(text, keepLines: true);

    /// <summary>Text of one table cell: line ends and tabs are escaped too.</summary>
    public static string Cell(string text) => Escape(text, keepLines: false);

    private static string Escape(string text, bool keepLines)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }
        var result = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\n' or '\t' when keepLines => result.Append(letter),
                '\n' => result.Append("\\n"),
                '\t' => result.Append("\\t"),
                '\r' => result.Append("\\r"),
                _ when char.IsControl(letter) => result.Append($"\\x{(int)letter:x2}"),
                _ => result.Append(letter),
            };
        }
        return result.ToString();
    }
}
