using System.Text;

namespace MiniPaaS.Daemon.Logging;

/// <summary>Cuts a byte stream into lines, keeping an unfinished one for later.</summary>
/// <param name="longestLine">Most bytes of a line; what is longer becomes several (default: Heroku's limit).</param>
internal sealed class LineSplitter(int longestLine = 10_000)
{
    private readonly List<byte> rest = [];

    public List<string> Add(ReadOnlySpan<byte> data)
    {
        var lines = new List<string>();
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            var room = longestLine - rest.Count;
            if (end < 0 || end > room)
            {
                var part = data[..Math.Min(room, data.Length)];
                rest.AddRange(part);
                data = data[part.Length..];
                if (rest.Count == longestLine)
                {
                    lines.Add(Take());
                }
            }
            else
            {
                rest.AddRange(data[..end]);
                data = data[(end + 1)..];
                lines.Add(Take());
            }
        }

        return lines;
    }

    /// <summary>What came after the last line end, or null.</summary>
    public string? Flush() => rest.Count == 0 ? null : Take();

    private string Take()
    {
        if (rest is [.., (byte)'\r'])
        {
            rest.RemoveAt(rest.Count - 1);
        }

        var line = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rest));
        rest.Clear();
        return line;
    }
}
