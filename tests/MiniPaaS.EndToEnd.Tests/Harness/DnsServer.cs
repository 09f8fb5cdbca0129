using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>A DNS server (RFC 1035) on a port of loopback that knows the IPv4 addresses it was told, and says NXDOMAIN to all else.</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private const int Header = 12;
    private const ushort TypeA = 1;
    private readonly UdpClient udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Task answering;

    public DnsServer() => answering = AnswerAsync();

    /// <summary>Lower-case names without a closing dot.</summary>
    public ConcurrentDictionary<string, IPAddress> Hosts { get; } = new();

    public string Address => udp.Client.LocalEndPoint!.ToString()!;

    public async ValueTask DisposeAsync()
    {
        udp.Dispose();
        await answering;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var query = await udp.ReceiveAsync();
                if (query.Buffer.Length > Header)
                {
                    await udp.SendAsync(Answer(query.Buffer), query.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // disposed of
        }
    }

    private byte[] Answer(byte[] query)
    {
        var (name, end) = Question(query);
        var known = Hosts.TryGetValue(name, out var address);
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end));
        var answer = new MemoryStream();
        answer.Write(query, 0, end + 4);
        if (known && type == TypeA)
        {
            // A pointer to the name in the question, type A, class IN, 1 s to live, 4 bytes.
            answer.Write([0xC0, Header, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, .. address!.GetAddressBytes()]);
        }

        var bytes = answer.ToArray();
        bytes[2] = 0x84; // an authoritative response
        bytes[3] = (byte)(known ? 0 : 3);
        bytes[5] = 1;
        bytes[7] = (byte)(known && type == TypeA ? 1 : 0);
        bytes[9] = bytes[11] = 0; // the query's additional records (EDNS) are not answered
        return bytes;
    }

    private static (string Name, int End) Question(byte[] query)
    {
        var labels = new List<string>();
        var at = Header;
        for (; query[at] != 0; at += query[at] + 1)
        {
            labels.Add(Encoding.ASCII.GetString(query, at + 1, query[at]));
        }

        return (string.Join('.', labels).ToLowerInvariant(), at + 1);
    }
}
