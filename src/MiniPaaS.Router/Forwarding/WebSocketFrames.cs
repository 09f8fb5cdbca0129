using System.Buffers.Binary;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Knows where one direction of a WebSocket connection stands between two frames (RFC 6455, 5.2).</summary>
internal sealed class WebSocketFrames
{
    private const byte OpcodeMask = 0x0f;
    private const byte CloseOpcode = 0x08;
    private readonly byte[] header = new byte[14];
    private int headerLength;
    private ulong payloadLeft;

    /// <summary>True before the first byte of a frame.</summary>
    public bool AtBoundary => headerLength == 0 && payloadLeft == 0;

    /// <summary>True once a close frame has begun: after it, the peer expects no other.</summary>
    public bool Closed { get; private set; }

    /// <summary>How many of these bytes belong to the frame under way, at most; zero at a boundary.</summary>
    public int OfFrame(int available) => AtBoundary ? 0 : payloadLeft > 0 ? (int)Math.Min(payloadLeft, (ulong)available) : Math.Min(1, available);

    /// <summary>Takes note of bytes that passed.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (payloadLeft > 0)
            {
                var part = (int)Math.Min(payloadLeft, (ulong)bytes.Length);
                payloadLeft -= (ulong)part;
                bytes = bytes[part..];
                continue;
            }

            header[headerLength++] = bytes[0];
            bytes = bytes[1..];
            if (headerLength == HeaderSize())
            {
                payloadLeft = PayloadSize();
                Closed |= (header[0] & OpcodeMask) == CloseOpcode;
                headerLength = 0;
            }
        }
    }

    /// <summary>A close frame with a status code (RFC 6455, 7.4.1); masked as a client has to.</summary>
    public static byte[] Close(int status, bool masked)
    {
        Span<byte> code = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(code, (ushort)status);
        if (!masked)
        {
            return [0x88, 0x02, code[0], code[1]];
        }

        var key = new byte[4];
        Random.Shared.NextBytes(key);
        return [0x88, 0x82, .. key, (byte)(code[0] ^ key[0]), (byte)(code[1] ^ key[1])];
    }

    // 14 is the longest: until the second byte is there, its flags are unknown.
    private int HeaderSize() => headerLength < 2
        ? header.Length
        : 2 + ((header[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 }) + ((header[1] & 0x80) != 0 ? 4 : 0);

    private ulong PayloadSize() => (header[1] & 0x7f) switch
    {
        126 => BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)),
        127 => BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(2)),
        var small => (ulong)small,
    };
}
