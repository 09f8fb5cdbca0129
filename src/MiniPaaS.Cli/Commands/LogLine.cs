namespace MiniPaaS.Cli.Commands;

/// <summary>One line of an app's log, as in <c>2026-11-21T03:40:00.123456+00:00 app[web.1]: text</c>.</summary>
/// <param name="Text">The whole line as it came.</param>
/// <param name="Timestamp">When it was logged, as it came.</param>
/// <param name="Source">What logged it, as in <c>app</c>.</param>
/// <param name="Dyno">Which part of the source, as in <c>web.1</c>.</param>
/// <param name="Message">What was logged, or the whole line when it has no such prefix; then the others are null.</param>
internal sealed record LogLine(string Text, string? Timestamp, string? Source, string? Dyno, string Message)
{
    private static readonly int[] Palette = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

    public static LogLine Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var colon = space < 0 ? -1 : text.IndexOf("]:", space, StringComparison.Ordinal);
        var bracket = colon < 0 ? -1 : text.IndexOf('[', space, colon - space);
        if (bracket < 0 || text[space..bracket].TrimStart().Contains(' ', StringComparison.Ordinal))
        {
            return new LogLine(text, null, null, null, text);
        }
        var message = text[(colon + 2)..];
        return new LogLine(
            text, text[..space], text[(space + 1)..bracket], text[(bracket + 1)..colon], message.StartsWith(' ') ? message[1..] : message);
    }

    /// <summary>The line with its prefix in the colour of its dyno.</summary>
    public string Coloured() => Dyno is null ? Text : $"\e[{Colour()}m{Text[..^Message.Length]}\e[0m{Message}";

    // The same dyno has the same colour in every run; string.GetHashCode differs from run to run.
    private int Colour() => Palette[(int)(Dyno!.Aggregate(0u, (hash, letter) => (hash * 31) + letter) % (uint)Palette.Length)];
}
