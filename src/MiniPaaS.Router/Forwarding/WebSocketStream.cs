namespace MiniPaaS.Router.Forwarding;

/// <summary>
/// The visitor's side of a WebSocket connection. Bytes pass as they are until the router has to end the connection: then each
/// side gets a close frame between two frames of its own, instead of a broken connection.
/// </summary>
internal sealed class WebSocketStream(Stream visitor) : Stream
{
    private readonly WebSocketFrames toVisitor = new();
    private readonly WebSocketFrames toDyno = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly CancellationTokenSource closing = new();
    private CancellationTokenSource? readOrClosing;
    private int status;
    private bool visitorTold;
    private byte[]? dynoTold;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Tells both sides to end, as soon as no frame is under way.</summary>
    /// <param name="code">1001: going away; 1012: service restart.</param>
    public async Task CloseAsync(int code)
    {
        if (Interlocked.CompareExchange(ref status, code, 0) != 0)
        {
            return;
        }

        await closing.CancelAsync();
        try
        {
            await writing.WaitAsync(CancellationToken.None);
            try
            {
                await TellVisitorAsync(CancellationToken.None);
            }
            finally
            {
                writing.Release();
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Gone already: that is an end, too.
        }
    }

    // From the visitor to the dyno.
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        readOrClosing ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token);
        while (true)
        {
            if (status != 0 && toDyno.AtBoundary)
            {
                return TellDyno(buffer);
            }

            var room = status == 0 ? buffer : buffer[..toDyno.OfFrame(buffer.Length)];
            try
            {
                var count = await visitor.ReadAsync(room, status == 0 ? readOrClosing.Token : cancellationToken);
                toDyno.Pass(buffer.Span[..count]);
                return count;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Closing: no byte was taken; go on to the end of the frame.
            }
        }
    }

    // From the dyno to the visitor.
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            while (!buffer.IsEmpty && !visitorTold)
            {
                var part = status == 0 ? buffer.Length : toVisitor.OfFrame(buffer.Length);
                if (part == 0)
                {
                    await TellVisitorAsync(cancellationToken);
                    return;
                }

                await visitor.WriteAsync(buffer[..part], cancellationToken);
                toVisitor.Pass(buffer.Span[..part]);
                buffer = buffer[part..];
            }
        }
        finally
        {
            writing.Release();
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => visitor.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            visitor.Dispose();
            readOrClosing?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TellDyno(Memory<byte> buffer)
    {
        // A read of nothing only asks whether there is something.
        if (dynoTold is not null || toDyno.Closed || buffer.IsEmpty)
        {
            return 0;
        }

        dynoTold = WebSocketFrames.Close(status, masked: true);
        dynoTold.CopyTo(buffer.Span);
        return dynoTold.Length;
    }

    private async ValueTask TellVisitorAsync(CancellationToken cancel)
    {
        if (visitorTold || !toVisitor.AtBoundary)
        {
            return;
        }

        visitorTold = true;
        if (!toVisitor.Closed)
        {
            await visitor.WriteAsync(WebSocketFrames.Close(status, masked: false), cancel);
            await visitor.FlushAsync(cancel);
        }
    }
}
