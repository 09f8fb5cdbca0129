using System.Net;

namespace MiniPaaS.Router.Forwarding;

/// <summary>The body of an answer, counted as it is read.</summary>
internal sealed class CountedContent(HttpContent body, Exchange exchange) : HttpContent
{
    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        => new CountingStream(body.ReadAsStream(cancellationToken), exchange);

    protected override async Task<Stream> CreateContentReadStreamAsync()
        => new CountingStream(await body.ReadAsStreamAsync(), exchange);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
        => new CountingStream(await body.ReadAsStreamAsync(cancellationToken), exchange);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream, context);

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

    private sealed class CountingStream(Stream inner, Exchange exchange) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var reading = inner.ReadAsync(buffer, cancellationToken);
            if (!reading.IsCompletedSuccessfully)
            {
                return CountAsync(reading);
            }

            var count = reading.Result;
            exchange.Bytes += count;
            return ValueTask.FromResult(count);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> CountAsync(ValueTask<int> reading)
        {
            var count = await reading;
            exchange.Bytes += count;
            return count;
        }
    }
}
