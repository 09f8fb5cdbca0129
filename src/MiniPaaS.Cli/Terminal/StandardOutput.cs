using System.Runtime.InteropServices;

namespace MiniPaaS.Cli.Terminal;

/// <summary>The reader of standard output went away, as in <c>paas logs --tail | head</c>.</summary>
internal sealed class BrokenPipeException() : IOException("Nobody reads the output any more.");

/// <summary>
/// Standard output by write(2). The stream of System.Console swallows a broken pipe, so `paas logs --tail | head -1`
/// would never end; FileStream writes at its own offset, which overwrites what other programs wrote to the same file.
/// </summary>
internal sealed partial class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int Eintr = 4;
    private const int Eagain = 11;
    private const int Epipe = 32;
    private const short PollOut = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var written = (int)WriteTo(Descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[written..];
            }
            else
            {
                HandleError(Marshal.GetLastPInvokeError());
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void HandleError(int error)
    {
        switch (error)
        {
            case Eintr:
                return;
            case Eagain:
                var wanted = new PollDescriptor { Descriptor = Descriptor, Events = PollOut };
                _ = Poll(ref wanted, 1, -1);
                return;
            case Epipe:
                throw new BrokenPipeException();
            default:
                throw new IOException($"Cannot write to standard output: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
