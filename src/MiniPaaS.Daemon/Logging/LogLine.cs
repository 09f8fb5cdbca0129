namespace MiniPaaS.Daemon.Logging;

/// <summary>The parts of a line that reads <c>TIME source[name]: text</c>.</summary>
internal readonly ref struct LogLine
{
    private LogLine(ReadOnlySpan<char> time, ReadOnlySpan<char> source, ReadOnlySpan<char> name, ReadOnlySpan<char> text)
    {
        Time = time;
        Source = source;
        Name = name;
        Text = text;
    }

    /// <summary>When it was written, in ISO 8601; no two lines of the platform or of apps have the same.</summary>
    public ReadOnlySpan<char> Time { get; }

    /// <summary><c>app</c>, or <c>paas</c> for lines of the platform.</summary>
    public ReadOnlySpan<char> Source { get; }

    /// <summary>A dyno, as in <c>web.1</c>; or <c>router</c>, or <c>api</c>.</summary>
    public ReadOnlySpan<char> Name { get; }

    public ReadOnlySpan<char> Text { get; }

    public static LogLine Parse(ReadOnlySpan<char> line)
    {
        var space = line.IndexOf(' ');
        var rest = space < 0 ? [] : line[(space + 1)..];
        var (open, close) = (rest.IndexOf('['), rest.IndexOf("]: ", StringComparison.Ordinal));
        return open < 0 || close < open
            ? new LogLine([], [], [], line)
            : new LogLine(line[..space], rest[..open], rest[(open + 1)..close], rest[(close + 3)..]);
    }
}

/// <summary>Which lines somebody wants to see.</summary>
/// <param name="Dyno">A dyno (<c>web.1</c>) or a process type (<c>web</c>); null for all.</param>
/// <param name="Source">A source (<c>app</c>, <c>paas</c>, or Heroku's word for that, <c>heroku</c>), or a name like <c>router</c>; null for all.</param>
internal sealed record LogFilter(string? Dyno, string? Source)
{
    public bool Matches(string line)
    {
        var parts = LogLine.Parse(line);
        return (Dyno is null || IsOf(parts.Name, Dyno)) && (Source is null || IsFrom(parts, Source));
    }

    private static bool IsOf(ReadOnlySpan<char> name, string dyno) =>
        name.SequenceEqual(dyno) || (name.StartsWith(dyno) && name.Length > dyno.Length && name[dyno.Length] == '.');

    private static bool IsFrom(LogLine line, string source) =>
        line.Source.SequenceEqual(source == "heroku" ? "paas" : source) || IsOf(line.Name, source);
}
