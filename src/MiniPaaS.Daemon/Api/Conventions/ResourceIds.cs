using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>What a uuid names. The numbers are in uuids that clients keep: they are never changed or used again.</summary>
internal enum ResourceKind : byte
{
    App = 1,
    Release = 2,
    Build = 3,
    Slug = 4,
    Dyno = 5,
    Formation = 6,
    Domain = 7,
    SniEndpoint = 8,
    LogDrain = 9,
    LogSession = 10,
    Stack = 11,
    Region = 12,
    Feature = 13,
    User = 14,
    DynoSize = 15,
    Generation = 16,
    Buildpack = 17,
}

/// <summary>
/// The uuids of resources (version 8, RFC 9562, 5.8). Those of rows can be read back: they hold the row's number, so that nothing has
/// to be stored or searched; masked with the installation's key, so that they look random and those of two installations differ; and
/// with a check of 42 bits, so that a uuid made by anybody else is known not to be one of ours. Those of what has only a name are
/// derived from it.
/// </summary>
internal sealed class ResourceIds(Database database)
{
    private const int TagBits = 42;
    private const int ContentBytes = 10;

    private readonly byte[] key = database.Read(db => SecretTable.Get(db, SecretTable.ResourceIds));

    /// <param name="kind">What it names.</param>
    /// <param name="number">Number of the row, below 2^40.</param>
    /// <param name="sub">Number below that row, as of a release of an app; else 0.</param>
    public string Of(ResourceKind kind, long number, int sub = 0)
    {
        Span<byte> content = stackalloc byte[ContentBytes];
        content[0] = (byte)kind;
        content[1] = (byte)(number >> 32);
        BinaryPrimitives.WriteUInt32BigEndian(content[2..], (uint)number);
        BinaryPrimitives.WriteInt32BigEndian(content[6..], sub);
        var tag = TagOf(content);
        Mask(tag, content);
        return Text(((UInt128)tag << 80) | Number(content));
    }

    /// <summary>Reads a uuid that <see cref="Of"/> made for this kind.</summary>
    public bool TryRead(ResourceKind kind, string? text, out long number, out int sub)
    {
        (number, sub) = (0, 0);
        if (!Guid.TryParseExact(text, "D", out var guid))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        var packed = ((value >> 80) << 74) | (((value >> 64) & 0xFFF) << 62) | (value & ((UInt128.One << 62) - 1));
        var tag = (ulong)(packed >> 80);
        Span<byte> wide = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(wide, packed);
        var content = wide[^ContentBytes..];
        Mask(tag, content);
        number = ((long)content[1] << 32) | BinaryPrimitives.ReadUInt32BigEndian(content[2..]);
        sub = BinaryPrimitives.ReadInt32BigEndian(content[6..]);
        return content[0] == (byte)kind && TagOf(content) == tag && bytes[6] >> 4 == 8 && bytes[8] >> 6 == 2;
    }

    /// <summary>The uuid of what has only a name.</summary>
    /// <param name="kind">What it names.</param>
    /// <param name="names">What tells it from others of its kind, as the app's number and a host name.</param>
    public string Named(ResourceKind kind, params ReadOnlySpan<string> names)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData([(byte)kind]);
        Span<byte> length = stackalloc byte[4];
        foreach (var name in names)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Text(BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset()) >> 6);
    }

    /// <summary>True when the text is this uuid, however its letters are written.</summary>
    public static bool Same(string id, string text) => string.Equals(id, text, StringComparison.OrdinalIgnoreCase);

    private ulong TagOf(ReadOnlySpan<byte> content) => BinaryPrimitives.ReadUInt64BigEndian(HMACSHA256.HashData(key, content)) >> (64 - TagBits);

    // The same again unmasks (SIV, as in RFC 5297: the tag is what the mask is derived from).
    private void Mask(ulong tag, Span<byte> content)
    {
        Span<byte> seed = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(seed, tag);
        var mask = HMACSHA256.HashData(key, seed);
        for (var at = 0; at < content.Length; at++)
        {
            content[at] ^= mask[at];
        }
    }

    private static UInt128 Number(ReadOnlySpan<byte> content)
    {
        Span<byte> wide = stackalloc byte[16];
        wide.Clear();
        content.CopyTo(wide[^ContentBytes..]);
        return BinaryPrimitives.ReadUInt128BigEndian(wide);
    }

    // 122 bits around the version and the variant.
    private static string Text(UInt128 packed)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(
            bytes,
            ((packed >> 74) << 80) | ((UInt128)8 << 76) | (((packed >> 62) & 0xFFF) << 64) | ((UInt128)2 << 62) | (packed & ((UInt128.One << 62) - 1)));
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
