using System.Buffers.Binary;
using System.Text;

namespace MiniPaaS.Tests.Router;

/// <summary>An HTTP/2 client that says exactly these frames (RFC 9113, 4.1).</summary>
internal sealed class Http2Client : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7;
    private const byte EndStream = 1, EndHeaders = 4, Acknowledge = 1;

    private readonly Stream stream;
    private readonly Dictionary<int, StringBuilder> bodies = [];
    private (int LastStream, int Error)? goneAway;
    private bool ended;

    private Http2Client(Stream stream) => this.stream = stream;

    public static async Task<Http2Client> OpenAsync(Stream stream)
    {
        await stream.SayAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        var client = new Http2Client(stream);
        await client.SendAsync(Settings, 0, 0, []);
        return client;
    }

    public async Task SendAsync(byte type, byte flags, int streamId, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        await stream.WriteAsync(frame);
    }

    /// <summary>A GET without a body. Literal headers without indexing (RFC 7541, 6.2.2), names from the static table.</summary>
    public Task RequestAsync(int streamId, string host)
        => SendAsync(Headers, EndStream | EndHeaders, streamId, [0x82, 0x84, 0x86, 0x01, (byte)host.Length, .. Encoding.ASCII.GetBytes(host)]);

    public Task ResetAsync(int streamId) => SendAsync(Reset, 0, streamId, [0, 0, 0, 8]);

    /// <summary>The body of an answer, once it is whole.</summary>
    public async Task<string> BodyAsync(int streamId)
    {
        while (!bodies.TryGetValue(streamId, out var body) || body.ToString() is not ['.', ..])
        {
            Assert.True(await ReadAsync(), "the connection ended before the answer was whole");
        }

        return bodies[streamId].ToString()[1..];
    }

    /// <summary>The last GOAWAY that the server sent, after reading until it hangs up.</summary>
    public async Task<(int LastStream, int Error)?> GoAwayAsync()
    {
        while (!ended)
        {
            ended = !await ReadAsync();
        }

        return goneAway;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    // False at the end of the connection. A body that is whole begins with a dot.
    private async Task<bool> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var head = new byte[9];
        try
        {
            await stream.ReadExactlyAsync(head, deadline.Token);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, deadline.Token);
            await HandleAsync(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task HandleAsync(byte type, byte flags, int streamId, byte[] payload)
    {
        switch (type)
        {
            case Settings when (flags & Acknowledge) == 0:
                await SendAsync(Settings, Acknowledge, 0, []);
                break;
            case GoAway:
                goneAway = (BinaryPrimitives.ReadInt32BigEndian(payload), BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4)));
                break;
            case Data or Headers:
                var body = bodies.TryGetValue(streamId, out var known) ? known : bodies[streamId] = new StringBuilder();
                body.Append(type == Data ? Encoding.Latin1.GetString(payload) : "");
                if ((flags & EndStream) != 0)
                {
                    body.Insert(0, '.');
                }

                break;
        }
    }
}
