using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MiniPaaS.Router.Reporting;

/// <summary>What is logged of one request (https://devcenter.heroku.com/articles/http-routing, "Heroku router log format").</summary>
internal readonly ref struct RequestLine
{
    // A longer one says nothing more to a reader, and 10,000 bytes is the longest line of a log.
    private const int LongestValue = 2000;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public required DateTimeOffset Time { get; init; }

    public required string App { get; init; }

    public ErrorCode? Error { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query as they were sent.</summary>
    public required string Path { get; init; }

    public required string Host { get; init; }

    public required string RequestId { get; init; }

    /// <summary>The client's address, after those that trusted proxies told of.</summary>
    public required string Forwarded { get; init; }

    /// <summary>Dyno that was asked, or null.</summary>
    public string? Dyno { get; init; }

    /// <summary>Time to open a connection to the dyno; zero for one that was open.</summary>
    public TimeSpan Connect { get; init; }

    /// <summary>Time from the request's arrival to the end of its answer.</summary>
    public TimeSpan Service { get; init; }

    public required int Status { get; init; }

    public long Bytes { get; init; }

    /// <summary>http or https.</summary>
    public required string Protocol { get; init; }

    public static long Stamp(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>False when it does not fit.</summary>
    public bool TryFormat(Span<byte> output, out int length)
    {
        length = 0;
        if (!Utf8.TryWrite(output, $"{Stamp(Time)} {App} at=", out var head))
        {
            return false;
        }

        var rest = output[head..];
        int cause;
        var written = Error is { } error
            ? Utf8.TryWrite(rest, $"error code={error.Code} desc=\"{error.Description}\"", out cause)
            : Utf8.TryWrite(rest, $"info", out cause);
        if (!written)
        {
            return false;
        }

        rest = rest[cause..];
        var done = Utf8.TryWrite(
            rest,
            $" method={Method} path=\"{Safe(Path)}\" host={Safe(Host)} request_id={RequestId} fwd=\"{Safe(Forwarded)}\" dyno={Dyno} connect={(long)Connect.TotalMilliseconds}ms service={(long)Service.TotalMilliseconds}ms status={Status} bytes={Bytes} protocol={Protocol}\n",
            out var tail);
        length = done ? head + cause + tail : 0;
        return done;
    }

    // Nothing that a visitor sends can end the value or the line.
    private static string Safe(string value)
    {
        if (value.Length <= LongestValue && !value.AsSpan().ContainsAnyExcept(Plain))
        {
            return value;
        }

        var safe = new StringBuilder(value.Length + 16);
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, LongestValue)))
        {
            if (Plain.Contains(c) || c == ' ')
            {
                safe.Append(c);
            }
            else
            {
                safe.Append('%').Append(((int)c & 0xff).ToString("X2"));
            }
        }

        return safe.ToString();
    }
}
