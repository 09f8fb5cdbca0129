using System.Buffers.Binary;
using System.Text;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>What Go's linker (1.18 and later) writes into every program: the compiler and the modules.</summary>
/// <param name="Compiler">Version of the compiler, as in <c>go1.19.8</c>.</param>
/// <param name="Modules">Lines of <c>path</c>, <c>mod</c>, <c>dep</c> and <c>=></c>, their words divided by tabs.</param>
internal sealed record GoBuildInfo(string Compiler, string Modules)
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int MostSections = 200;
    private const int LargestSection = 1 << 20;
    private const long LargestProgram = 1L << 40;
    private const int InlineOffset = 32;
    private const byte InlineStrings = 2;

    // The module lines stand between two marks of this length.
    private const int MarkSize = 16;

    private static readonly byte[] ElfOf64Bits = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];
    private static readonly byte[] Magic = [0xFF, .. " Go buildinf:"u8];

    /// <summary>Reads a little-endian ELF program of 64 bits; null for anything else, and for a program that is none of Go's.</summary>
    /// <param name="read">Fills a buffer from an offset of the file, as far as the file goes.</param>
    public static GoBuildInfo? Read(Func<long, Memory<byte>, int> read)
    {
        var header = Bytes(read, 0, HeaderSize);
        if (header.Length < HeaderSize || !header.AsSpan().StartsWith(ElfOf64Bits))
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        var table = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40));
        if (BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(58)) != SectionHeaderSize || count > MostSections || table is <= 0 or > LargestProgram)
        {
            return null;
        }

        var sections = Bytes(read, table, count * SectionHeaderSize);
        var names = Section(read, sections, BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(62)));
        for (var index = 0; index < sections.Length / SectionHeaderSize; index++)
        {
            var name = BinaryPrimitives.ReadUInt32LittleEndian(sections.AsSpan(index * SectionHeaderSize));
            if (name < names.Length && names.AsSpan((int)name).StartsWith(".go.buildinfo\0"u8))
            {
                return Parse(Section(read, sections, index));
            }
        }

        return null;
    }

    private static GoBuildInfo? Parse(byte[] section)
    {
        if (section.Length <= InlineOffset || !section.AsSpan().StartsWith(Magic) || (section[15] & InlineStrings) == 0)
        {
            return null;
        }

        var rest = section.AsSpan(InlineOffset);
        if (!TryTake(ref rest, out var compiler) || !TryTake(ref rest, out var modules))
        {
            return null;
        }

        return new GoBuildInfo(
            Encoding.UTF8.GetString(compiler),
            modules.Length > 2 * MarkSize ? Encoding.UTF8.GetString(modules[MarkSize..^MarkSize]) : "");
    }

    // A string is preceded by its length in seven bits a byte, the lowest first.
    private static bool TryTake(ref Span<byte> rest, out Span<byte> text)
    {
        var length = 0UL;
        for (var index = 0; index < rest.Length && index < 5; index++)
        {
            length |= (ulong)(rest[index] & 0x7F) << (7 * index);
            if (rest[index] < 0x80)
            {
                var begin = index + 1;
                text = length <= (ulong)(rest.Length - begin) ? rest.Slice(begin, (int)length) : default;
                var whole = length == (ulong)text.Length;
                rest = whole ? rest[(begin + text.Length)..] : rest;
                return whole;
            }
        }

        text = default;
        return false;
    }

    private static byte[] Section(Func<long, Memory<byte>, int> read, byte[] sections, int index)
    {
        if ((index + 1) * SectionHeaderSize > sections.Length)
        {
            return [];
        }

        var header = sections.AsSpan(index * SectionHeaderSize);
        var offset = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        return offset is > 0 and < LargestProgram && size is > 0 and <= LargestSection ? Bytes(read, offset, (int)size) : [];
    }

    private static byte[] Bytes(Func<long, Memory<byte>, int> read, long offset, int size)
    {
        var buffer = new byte[size];
        var length = read(offset, buffer);
        return length == size ? buffer : buffer[..length];
    }
}
