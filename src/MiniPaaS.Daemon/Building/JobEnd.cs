using System.Text;

namespace MiniPaaS.Daemon.Building;

/// <summary>Finds the end of a job in what the container writes: a zero byte and a mark that nobody knew before.</summary>
internal sealed class JobEnd(string mark)
{
    private readonly byte[] end = [0, .. Encoding.ASCII.GetBytes(mark)];
    private byte[] held = [];

    /// <summary>True once the end has come.</summary>
    public bool IsReached { get; private set; }

    /// <summary>What was written before the end; what may be the beginning of it is held back until more has come.</summary>
    public ReadOnlyMemory<byte> Before(ReadOnlyMemory<byte> data)
    {
        if (IsReached)
        {
            return default;
        }

        if (held.Length > 0)
        {
            data = (byte[])[.. held, .. data.Span];
            held = [];
        }

        var at = data.Span.IndexOf(end);
        IsReached = at >= 0;
        if (IsReached)
        {
            return data[..at];
        }

        var possible = data.Span.LastIndexOf((byte)0);
        if (possible < 0 || !end.AsSpan().StartsWith(data.Span[possible..]))
        {
            return data;
        }

        held = data[possible..].ToArray();
        return data[..possible];
    }
}
