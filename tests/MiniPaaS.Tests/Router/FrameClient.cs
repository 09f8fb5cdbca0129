using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.Tests.Router;

/// <summary>Frame types of HTTP/2 (RFC 9113, 6).</summary>
public enum FrameType : byte
{
    Data,
    Headers,
    Priority,
    ResetStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
}

/// <summary>One frame as it is on the wire.</summary>
internal sealed record Frame(FrameType Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;

    public uint Code => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));
}

/// <summary>A client that says exactly these frames, over cleartext with prior knowledge.</summary>
internal sealed class FrameClient : IAsyncDisposable
{
    private readonly NetworkStream stream;

    private FrameClient(NetworkStream stream) => this.stream = stream;

    /// <summary>Connects and says the preface; the settings of both sides are left to be read.</summary>
    public static async Task<FrameClient> ConnectAsync(int port, byte[]? settings = null, string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    {
        var client = new FrameClient(await RawClient.ConnectAsync(port));
        await client.stream.SayAsync(preface);
        await client.SayAsync(FrameType.Settings, 0, 0, settings ?? []);
        return client;
    }

    public ValueTask SayAsync(FrameType type, byte flags, int streamId, params byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        return stream.WriteAsync(frame);
    }

    /// <summary>Asks the app, with literal headers that are not indexed.</summary>
    public ValueTask AskAsync(int streamId, byte flags = Frame.EndStream | Frame.EndHeaders, string method = "GET", params (string Name, string Value)[] headers)
        => SayAsync(FrameType.Headers, flags, streamId, Headers(method, headers));

    public static byte[] Headers(string method, params (string Name, string Value)[] headers)
        => [.. new[] { (":method", method), (":scheme", "http"), (":authority", "shop.localhost"), (":path", "/") }.Concat(headers).SelectMany(Literal)];

    /// <summary>The next frame; null when the connection is closed.</summary>
    public async Task<Frame?> HearAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var head = new byte[9];
        try
        {
            if (await stream.ReadAtLeastAsync(head, 9, throwOnEndOfStream: false, deadline.Token) < 9)
            {
                return null;
            }

            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, deadline.Token);
            return new Frame((FrameType)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The next frame that is one of these; null when the connection is closed before.</summary>
    public async Task<Frame?> HearAsync(Func<Frame, bool> wanted)
    {
        Frame? frame;
        do
        {
            frame = await HearAsync();
        }
        while (frame is not null && !wanted(frame));
        return frame;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    // RFC 7541, 6.2.2: a literal without indexing, name and value as they are.
    private static byte[] Literal((string Name, string Value) header)
        => [0, .. Text(header.Name), .. Text(header.Value)];

    private static byte[] Text(string text) => [.. Integer(text.Length), .. Encoding.Latin1.GetBytes(text)];

    // RFC 7541, 5.1, with a prefix of seven bits.
    private static IEnumerable<byte> Integer(int value)
    {
        if (value < 127)
        {
            yield return (byte)value;
            yield break;
        }

        yield return 127;
        for (value -= 127; value >= 128; value >>= 7)
        {
            yield return (byte)((value & 127) | 128);
        }

        yield return (byte)value;
    }
}
