using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MiniPaaS.Tests.Router.Differential;

/// <summary>What a request came to, as lines that can be compared: what the app saw and what the visitor heard.</summary>
internal static partial class Visit
{
    // What every proxy adds or has of its own; said in the head of cases.txt.
    private static readonly string[] OfProxies =
        ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-host", "x-request-id", "x-request-start", "via", "connection", "date", "server"];

    /// <summary>Sends the case to a port of this machine and takes down both sides.</summary>
    public static async Task<List<string>> ToAsync(int port, Case odd, RawDyno dyno)
    {
        var before = dyno.Seen.Length;
        await using var visitor = await RawClient.ConnectAsync(port);
        try
        {
            await visitor.WriteAsync(Encoding.Latin1.GetBytes(odd.Say));
        }
        catch (IOException)
        {
            // Refused while it was still being said: what counts is the answer.
        }

        var heard = await HearAllAsync(visitor);
        var seen = dyno.Seen[before..];
        var lines = new List<string>();
        foreach (var request in seen)
        {
            lines.AddRange(Lines("app", request, isRequest: true));
        }

        if (seen.Length == 0)
        {
            lines.Add("app nothing");
        }

        lines.AddRange(Answers(heard));
        return lines;
    }

    /// <summary>Lines that only one of two visits has: <c>-</c> those of the first, <c>+</c> those of the second.</summary>
    public static List<string> Differences(List<string> direct, List<string> proxied)
    {
        var (gone, added) = (new List<string>(direct), new List<string>());
        foreach (var line in proxied)
        {
            if (!gone.Remove(line))
            {
                added.Add(line);
            }
        }

        return [.. gone.Select(line => "-" + line), .. added.Select(line => "+" + line)];
    }

    private static async Task<string> HearAllAsync(Stream visitor)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (all, buffer) = (new MemoryStream(), new byte[65536]);
        try
        {
            int read;
            while ((read = await visitor.ReadAsync(buffer, deadline.Token)) > 0)
            {
                all.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // A reset after the answer.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    // A router's or nginx's own error is told by its status alone: its page is its own business.
    private static IEnumerable<string> Answers(string heard)
    {
        var starts = StatusLine().Matches(heard).Select(match => match.Index).Append(heard.Length).ToArray();
        if (starts.Length == 1)
        {
            yield return "visitor nothing";
        }

        foreach (var (start, end) in starts.Zip(starts.Skip(1)))
        {
            var answer = heard[start..end];
            if (StatusOfProxies().IsMatch(answer))
            {
                yield return "visitor refused with " + answer[9..12];
                continue;
            }

            foreach (var line in Lines("visitor", answer, isRequest: false))
            {
                yield return line;
            }
        }
    }

    private static IEnumerable<string> Lines(string side, string message, bool isRequest)
    {
        var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = (end < 0 ? message : message[..end]).Split("\r\n");
        yield return $"{side} {Shown(isRequest ? head[0] : string.Join(' ', head[0].Split(' ').Take(2)))}";
        foreach (var line in head[1..].Where(line => !OfProxies.Contains(line.Split(':')[0].ToLowerInvariant())))
        {
            var (name, value) = (line.Split(':')[0], line.Contains(':', StringComparison.Ordinal) ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..] : "");
            yield return $"{side} {name.ToLowerInvariant()}: {Shown(value.Trim(' ', '\t'))}".TrimEnd();
        }

        if (end >= 0 && end + 4 < message.Length)
        {
            yield return $"{side} body {Shown(message[(end + 4)..])}";
        }
    }

    private static string Shown(string text)
    {
        var shown = string.Concat(text.Select(character => character switch
        {
            '\r' => "\\r",
            '\n' => "\\n",
            < ' ' or > '~' => "\\x" + ((int)character).ToString("x2", CultureInfo.InvariantCulture),
            _ => character.ToString(),
        }));
        return shown.Length <= 120 ? shown : $"{shown[..40]}... {shown.Length} long";
    }

    [GeneratedRegex(@"HTTP/1\.[01] \d\d\d ")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\AHTTP/1\.[01] (4\d\d|50[0-5]) ")]
    private static partial Regex StatusOfProxies();
}
