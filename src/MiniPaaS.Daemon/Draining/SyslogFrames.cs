using System.Globalization;
using System.Text;
using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Draining;

/// <summary>Log lines as syslog messages, each with its length in octets before it (RFC 6587, 3.4.1).</summary>
internal static class SyslogFrames
{
    // Facility * 8 + severity, as Heroku's Logplex sets them: local7.info, local3.info, syslog.notice.
    private const int OfApp = (23 * 8) + 6;
    private const int OfRouter = (19 * 8) + 6;
    private const int OfPlatform = (5 * 8) + 5;

    /// <summary>As a syslog server takes them: RFC 5424. The host is the drain's token.</summary>
    public static byte[] Syslog(IEnumerable<string> lines, string token) => Frames(lines, token, structuredData: "- ", end: "");

    /// <summary>As Logplex posts them: without the structured data of RFC 5424, which receivers of its frames do not expect.</summary>
    public static byte[] Logplex(IEnumerable<string> lines) => Frames(lines, "host", structuredData: "", end: "\n");

    private static byte[] Frames(IEnumerable<string> lines, string host, string structuredData, string end)
    {
        var frames = new MemoryStream();
        foreach (var line in lines)
        {
            var message = Encoding.UTF8.GetBytes(Message(LogLine.Parse(line), host, structuredData) + end);
            frames.Write(Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture) + " "));
            frames.Write(message);
        }

        return frames.ToArray();
    }

    private static string Message(LogLine line, string host, string structuredData)
    {
        var (isApp, isRouter) = (line.Source.SequenceEqual("app"), line.Name.SequenceEqual("router"));
        var priority = isApp ? OfApp : isRouter ? OfRouter : OfPlatform;

        // Receivers know the platform by Heroku's name.
        return $"<{priority}>1 {Value(line.Time)} {host} {(isApp ? "app" : "heroku")} {Value(line.Name)} - {structuredData}{line.Text}";
    }

    private static ReadOnlySpan<char> Value(ReadOnlySpan<char> text) => text.IsEmpty ? "-" : text;
}
