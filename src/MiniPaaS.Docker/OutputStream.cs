using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace MiniPaaS.Docker;

/// <summary>Where a program wrote.</summary>
public enum OutputChannel
{
    /// <summary>Standard output, and everything a terminal shows.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,
}

/// <summary>A piece of output: arbitrary bytes, not lines.</summary>
/// <param name="Channel">Where the program wrote it.</param>
/// <param name="Data">Valid until the next read: it lies in the stream's own buffer.</param>
public readonly record struct OutputFrame(OutputChannel Channel, ReadOnlyMemory<byte> Data);

/// <summary>
/// A program's output as the engine sends it: frames of an 8-byte header (channel, 3 zeros, big-endian length) and payload, or bare bytes of a terminal.
/// One reader at a time. A container whose attached reader does not read is blocked in its writes, so always drain.
/// </summary>
/// <param name="source">The engine's stream; owned from here on.</param>
/// <param name="tty">Whether the program runs on a terminal.</param>
public sealed class OutputStream(Stream source, bool tty) : IAsyncDisposable
{
    private const int HeaderSize = 8;
    private const int LongestErrorText = 4096;

    // Not from the shared pool: a dispose during a read must not hand the array to somebody else.
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;
    private OutputChannel _channel;
    private long _left;

    /// <summary>The next piece, or null at the end of the output. Long frames arrive in several pieces.</summary>
    /// <exception cref="DockerException">The stream ended inside a frame, broke, or the engine reported a failure in it.</exception>
    public async ValueTask<OutputFrame?> ReadAsync(CancellationToken ct)
    {
        if (tty)
            return await FillAsync(ct) ? Take(int.MaxValue) : null;
        while (_left == 0)
        {
            if (!await ReadHeaderAsync(ct))
                return null;
        }
        if (_start == _end && !await FillAsync(ct))
            throw Truncated();
        var frame = Take(_left);
        _left -= frame.Data.Length;
        return frame;
    }

    /// <summary>All pieces until the end of the output; each is valid until the next is asked for.</summary>
    public async IAsyncEnumerable<OutputFrame> ReadFramesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (await ReadAsync(ct) is { } frame)
            yield return frame;
    }

    /// <summary>Closes the connection; the program itself goes on.</summary>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask<bool> ReadHeaderAsync(CancellationToken ct)
    {
        while (_end - _start < HeaderSize)
        {
            if (await FillAsync(ct))
                continue;
            return _end == _start ? false : throw Truncated();
        }
        var kind = _buffer[_start];
        _left = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 4));
        _start += HeaderSize;
        _channel = kind switch
        {
            0 or 1 => OutputChannel.Stdout,
            2 => OutputChannel.Stderr,
            3 => throw new DockerException(status: null, await ReadErrorAsync(ct)),
            _ => throw new DockerException(status: null, $"the Docker Engine sent an output frame of the unknown kind {kind}"),
        };
        return true;
    }

    /// <summary>The engine's own words, sent as a frame because the answer's status was already out.</summary>
    private async ValueTask<string> ReadErrorAsync(CancellationToken ct)
    {
        var length = (int)Math.Min(_left, LongestErrorText);
        while (_end - _start < length && await FillAsync(ct))
        {
        }
        return Encoding.UTF8.GetString(_buffer.AsSpan(_start, Math.Min(length, _end - _start)));
    }

    private OutputFrame Take(long most)
    {
        var data = _buffer.AsMemory(_start, (int)Math.Min(most, _end - _start));
        _start += data.Length;
        return new OutputFrame(_channel, data);
    }

    /// <summary>Adds bytes behind those not yet taken; false at the end of the stream.</summary>
    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        try
        {
            var read = await source.ReadAsync(_buffer.AsMemory(_end), ct);
            _end += read;
            return read > 0;
        }
        catch (IOException e)
        {
            throw new DockerException(status: null, $"the Docker Engine's output stream broke off: {e.GetBaseException().Message}", e);
        }
    }

    private static DockerException Truncated() =>
        new(status: null, "the Docker Engine's output stream ended inside a frame: output was lost");
}
