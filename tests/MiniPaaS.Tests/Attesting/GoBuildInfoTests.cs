using System.Buffers.Binary;
using System.Text;
using MiniPaaS.Daemon.Attesting;

namespace MiniPaaS.Tests.Attesting;

public sealed class GoBuildInfoTests
{
    [Fact]
    public void It_is_read_from_its_section()
    {
        var info = Read(Program(Info("go1.19.8", "path\tx\n")))!;
        Assert.Equal(("go1.19.8", "path\tx\n"), (info.Compiler, info.Modules));
    }

    [Fact]
    public void A_program_without_modules_has_a_compiler() => Assert.Equal("", Read(Program(Info("go1.22.1", null)))!.Modules);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(150)]
    public void What_breaks_off_is_nothing(int length) => Assert.Null(Read(Program(Info("go1.19.8", "path\tx\n"))[..length]));

    [Fact]
    public void No_change_of_a_byte_makes_it_fail()
    {
        var program = Program(Info("go1.19.8", "path\tx\n"));
        for (var at = 0; at < program.Length; at++)
        {
            foreach (var value in (byte[])[0x00, 0x7F, 0x80, 0xFF])
            {
                var changed = (byte[])program.Clone();
                changed[at] = value;
                Read(changed);
            }
        }
    }

    private static GoBuildInfo? Read(byte[] program) => GoBuildInfo.Read((offset, buffer) =>
    {
        var rest = offset < 0 || offset >= program.Length ? [] : program.AsSpan((int)offset);
        var part = rest[..Math.Min(rest.Length, buffer.Length)];
        part.CopyTo(buffer.Span);
        return part.Length;
    });

    private static byte[] Info(string compiler, string? modules)
    {
        byte[] marked = modules is null ? [] : [.. new byte[16], .. Encoding.UTF8.GetBytes(modules), .. new byte[16]];
        return
        [
            0xFF, .. " Go buildinf:"u8, 8, 2, .. new byte[16], (byte)compiler.Length, .. Encoding.UTF8.GetBytes(compiler), (byte)marked.Length, .. marked,
        ];
    }

    // An ELF header, two sections (the names of sections, the build info), their table.
    private static byte[] Program(byte[] info)
    {
        var names = "\0.shstrtab\0.go.buildinfo\0"u8.ToArray();
        var table = 64 + names.Length + info.Length;
        var program = new byte[table + (2 * 64)];
        byte[] magic = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        magic.CopyTo(program, 0);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(40), table);
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(60), 2);
        names.CopyTo(program, 64);
        info.CopyTo(program, 64 + names.Length);
        Section(program.AsSpan(table), 1, 64, names.Length);
        Section(program.AsSpan(table + 64), 11, 64 + names.Length, info.Length);
        return program;
    }

    private static void Section(Span<byte> header, uint name, long offset, long size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, name);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], size);
    }
}
