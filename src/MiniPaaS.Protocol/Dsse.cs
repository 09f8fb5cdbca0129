using System.Security.Cryptography;
using System.Text;

namespace MiniPaaS.Protocol;

/// <summary>Signs and verifies envelopes as DSSE 1.0 says, with ECDSA over P-256 and SHA-256.</summary>
public static class Dsse
{
    /// <summary>Type of an envelope that holds an in-toto statement.</summary>
    public const string InToto = "application/vnd.in-toto+json";

    /// <summary>Media type of an envelope.</summary>
    public const string MediaType = "application/vnd.dsse.envelope.v1+json";

    /// <summary>What is signed: the pre-authentication encoding of a message with its type.</summary>
    public static byte[] Encode(string type, ReadOnlySpan<byte> body) =>
        [.. Encoding.UTF8.GetBytes($"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {body.Length} "), .. body];

    /// <summary>What a key is called: SHA-256 of its public half (SubjectPublicKeyInfo), in hex.</summary>
    public static string KeyId(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    /// <summary>Puts a message into a signed envelope.</summary>
    public static DsseEnvelope Sign(ECDsa key, string type, ReadOnlySpan<byte> body)
    {
        var signature = key.SignData(Encode(type, body), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new DsseEnvelope(type, Convert.ToBase64String(body), [new DsseSignature(KeyId(key), Convert.ToBase64String(signature))]);
    }

    /// <summary>Verifies an envelope.</summary>
    /// <param name="envelope">The envelope, from wherever it comes.</param>
    /// <param name="type">The only type that is accepted.</param>
    /// <param name="keys">The keys that are trusted.</param>
    /// <param name="body">The message that was signed, to be used instead of anything else in the envelope.</param>
    /// <returns>The first of the keys that has signed it, or null: then nothing in it may be believed.</returns>
    public static ECDsa? Verify(DsseEnvelope envelope, string type, IEnumerable<ECDsa> keys, out byte[] body)
    {
        body = [];
        if (envelope.PayloadType != type || envelope.Signatures.IsDefaultOrEmpty || Decode(envelope.Payload) is not { } payload)
        {
            return null;
        }

        var signed = Encode(type, payload);
        foreach (var key in keys)
        {
            if (envelope.Signatures.Any(signature => Decode(signature?.Sig) is { } bytes && IsSignature(key, signed, bytes)))
            {
                body = payload;
                return key;
            }
        }

        return null;
    }

    private static bool IsSignature(ECDsa key, byte[] signed, byte[] signature)
    {
        try
        {
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false; // not even of the form of a signature
        }
    }

    // Verifiers must accept both alphabets of base64.
    private static byte[]? Decode(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var standard = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        var padded = standard.PadRight((standard.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? bytes[..length] : null;
    }
}
