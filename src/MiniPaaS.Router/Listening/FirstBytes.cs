using System.Buffers;

namespace MiniPaaS.Router.Listening;

/// <summary>What a visitor speaks.</summary>
internal enum WireProtocol
{
    /// <summary>Plain HTTP/1.1 or 1.0.</summary>
    Http1,

    /// <summary>Plain HTTP/2 with prior knowledge (RFC 9113, 3.3).</summary>
    Http2,

    /// <summary>TLS; ALPN decides what is spoken inside.</summary>
    Tls,
}

/// <summary>Tells from the first bytes of a connection what it speaks, so that every port can speak everything.</summary>
internal static class FirstBytes
{
    // ContentType handshake of a TLS record (RFC 8446, 5.1); no HTTP method can begin with it.
    private const byte TlsHandshake = 22;

    // The whole of it: half a preface is still a visitor who has said nothing, and under the same deadline.
    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>The protocol, or null while what was heard is too little to know.</summary>
    public static WireProtocol? Protocol(in ReadOnlySequence<byte> heard)
    {
        if (heard.IsEmpty)
        {
            return null;
        }

        var first = heard.FirstSpan;
        if (first[0] != Http2Preface[0])
        {
            return first[0] == TlsHandshake ? WireProtocol.Tls : WireProtocol.Http1;
        }

        Span<byte> start = stackalloc byte[Http2Preface.Length];
        start = start[..(int)Math.Min(heard.Length, start.Length)];
        heard.Slice(0, start.Length).CopyTo(start);
        return !Http2Preface.StartsWith(start) ? WireProtocol.Http1
            : start.Length == Http2Preface.Length ? WireProtocol.Http2
            : null;
    }
}
