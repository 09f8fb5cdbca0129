using System.Buffers.Binary;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

public sealed class OutputStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(100_000)]
    public async Task Frames_are_told_apart_however_the_reads_fall(int chunk)
    {
        byte[] bytes = [.. Frame(1, "first"), .. Frame(2, ""), .. Frame(2, "second"), .. Frame(1, "third\n")];
        await using var output = new OutputStream(new ChunkStream(bytes, chunk), tty: false);

        Assert.Equal(("firstthird\n", "second"), await EngineFixture.ReadAllAsync(output));
    }

    [Fact]
    public async Task A_frame_longer_than_the_buffer_arrives_in_pieces_of_its_channel()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(n => $"{n} "));
        await using var output = new OutputStream(new ChunkStream([.. Frame(2, text), .. Frame(1, "end")], 4099), tty: false);

        Assert.Equal(("end", text), await EngineFixture.ReadAllAsync(output));
    }

    [Fact]
    public async Task The_output_of_a_terminal_is_passed_as_it_is()
    {
        var bytes = Frame(1, "not a frame");
        await using var output = new OutputStream(new ChunkStream(bytes, 5), tty: true);
        using var all = new MemoryStream();
        await foreach (var (channel, data) in output.ReadFramesAsync(EngineFixture.Deadline()))
        {
            Assert.Equal(OutputChannel.Stdout, channel);
            all.Write(data.Span);
        }

        Assert.Equal(bytes, all.ToArray());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(10)]
    public async Task An_end_inside_a_frame_is_not_taken_for_the_end(int length)
    {
        await using var output = new OutputStream(new ChunkStream(Frame(1, "payload")[..length], 100), tty: false);

        var error = await Assert.ThrowsAsync<DockerException>(() => EngineFixture.ReadAllAsync(output));
        Assert.Contains("output was lost", error.Message);
    }

    [Fact]
    public async Task A_failure_that_the_engine_reports_in_the_stream_is_thrown_in_its_words()
    {
        await using var output = new OutputStream(new ChunkStream(Frame(3, "the log is gone"), 6), tty: false);

        var error = await Assert.ThrowsAsync<DockerException>(() => EngineFixture.ReadAllAsync(output));
        Assert.Equal("the log is gone", error.Message);
    }

    private static byte[] Frame(byte kind, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + payload.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), payload.Length);
        payload.CopyTo(frame, 8);
        return frame;
    }

    /// <summary>Gives at most so many bytes at a time, as a socket may.</summary>
    private sealed class ChunkStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
