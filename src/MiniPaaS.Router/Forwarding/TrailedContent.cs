using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace MiniPaaS.Router.Forwarding;

/// <summary>The body of an answer in chunks of our own, and after them the trailers (RFC 9112, 7.1): the server writes chunks for
/// whoever does not, but no trailers over HTTP/1.1.</summary>
/// <remarks>The last chunk is made when the dyno's body has ended as it should. One that breaks off has none, and is told from a whole one.</remarks>
internal sealed class TrailedContent(HttpContent body, HttpResponseMessage answer) : HttpContent
{
    // RFC 9110, 6.5.1: fields that frame a message, route it, prove something, say what its body is or how the answer is to be kept.
    private static readonly FrozenSet<string> Forbidden = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Age", "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Date",
        "Expires", "Host", "Keep-Alive", "Location", "Proxy-Authenticate", "Proxy-Connection", "Retry-After", "Set-Cookie", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Vary", "Warning", "WWW-Authenticate");

    private static readonly SearchValues<char> ValueCharacters =
        SearchValues.Create([.. Enumerable.Range(' ', 0x100 - ' ').Where(code => code != 0x7f).Append('\t').Select(code => (char)code)]);

    /// <summary>Whether an answer gets its trailers this way: it comes in chunks, has a body, and is for a visitor of HTTP/1.1 who said
    /// that he reads trailers (RFC 9110, 6.5.1).</summary>
    public static bool Fits(HttpContext context, HttpResponseMessage answer)
        => answer.Headers.TransferEncodingChunked == true
            && HttpProtocol.IsHttp11(context.Request.Protocol)
            && Accepts(context.Request.Headers)
            && !HttpMethods.IsHead(context.Request.Method)
            && (int)answer.StatusCode is >= 200 and not (204 or 205 or 304);

    /// <summary>Whether the visitor said <c>TE: trailers</c> (RFC 9110, 10.1.4).</summary>
    public static bool Accepts(IHeaderDictionary sent)
        => sent.TE is { Count: > 0 } accepted
            && accepted.Any(value => value!.Split(',').Any(coding => coding.AsSpan().Trim().Equals("trailers", StringComparison.OrdinalIgnoreCase)));

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        => new ChunkingStream(body.ReadAsStream(cancellationToken), LastChunk);

    protected override async Task<Stream> CreateContentReadStreamAsync() => new ChunkingStream(await body.ReadAsStreamAsync(), LastChunk);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
        => new ChunkingStream(await body.ReadAsStreamAsync(cancellationToken), LastChunk);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    // What cannot be written as one line of a header is left out: a part of it would be read as something else.
    private byte[] LastChunk()
    {
        var text = new StringBuilder("0\r\n");
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values.Where(value => !Forbidden.Contains(name) && !value.AsSpan().ContainsAnyExcept(ValueCharacters)))
            {
                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private sealed class ChunkingStream(Stream inner, Func<byte[]> last) : ReadOnlyStream
    {
        // The size of a chunk in up to eight digits, and a line's end; then one after it.
        private const int Before = 10;
        private const int After = 2;
        private ReadOnlyMemory<byte>? rest;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (rest is null && buffer.Length <= Before + After)
            {
                // A read of nothing only waits for something to come.
                return buffer.IsEmpty ? await inner.ReadAsync(buffer, cancellationToken) : throw new NotSupportedException("The buffer is too small.");
            }

            var count = rest is null ? await inner.ReadAsync(buffer[Before..^After], cancellationToken) : 0;
            return count > 0 ? Frame(buffer.Span, count) : Finish(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private static int Frame(Span<byte> buffer, int count)
        {
            Utf8Formatter.TryFormat(count, buffer, out var digits, new StandardFormat('X'));
            "\r\n"u8.CopyTo(buffer[digits..]);
            buffer.Slice(Before, count).CopyTo(buffer[(digits + 2)..]);
            "\r\n"u8.CopyTo(buffer[(digits + 2 + count)..]);
            return digits + 2 + count + 2;
        }

        private int Finish(Memory<byte> buffer)
        {
            var left = rest ?? last();
            var count = Math.Min(left.Length, buffer.Length);
            left[..count].CopyTo(buffer);
            rest = left[count..];
            return count;
        }
    }
}
