using System.Security.Cryptography;
using System.Text.Json;

namespace MiniPaaS.Protocol;

/// <summary>What makes provenance one that can be trusted, the same wherever it is looked at.</summary>
/// <param name="Statement">What was signed; null when it cannot be trusted.</param>
/// <param name="KeyId">Key that signed it.</param>
/// <param name="Problem">Why it cannot be trusted; null when it can.</param>
public sealed record ProvenanceCheck(ProvenanceStatement? Statement, string? KeyId, string? Problem)
{
    private const string Sha256 = "sha256";

    /// <summary>Checks a signature, and that what was signed is about this slug and this SBOM.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="slug">Id of the slug (<c>sha256:</c> and hex digits), or its first digits.</param>
    /// <param name="sbom">Its SBOM, byte for byte.</param>
    /// <param name="keys">The keys that are trusted.</param>
    public static ProvenanceCheck Of(DsseEnvelope envelope, string slug, ReadOnlySpan<byte> sbom, IEnumerable<ECDsa> keys)
    {
        if (Dsse.Verify(envelope, Dsse.InToto, keys, out var body) is not { } key)
        {
            return Failed("no trusted key has signed it, or it was changed since");
        }

        ProvenanceStatement statement;
        try
        {
            statement = ProvenanceStatement.Parse(body);
        }
        catch (JsonException)
        {
            return Failed("what was signed is no SLSA provenance");
        }

        var digits = slug.StartsWith("sha256:", StringComparison.Ordinal) ? slug["sha256:".Length..] : slug;
        if (digits.Length < 12 || !statement.Subject.Any(subject => DigestOf(subject)?.StartsWith(digits, StringComparison.Ordinal) == true))
        {
            return Failed("it was signed for another slug");
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(sbom));
        return statement.Predicate?.RunDetails?.Byproducts is { IsDefault: false } byproducts && byproducts.Any(product => DigestOf(product) == digest)
            ? new ProvenanceCheck(statement, Dsse.KeyId(key), Problem: null)
            : Failed("the slug's SBOM is not the one that was signed");
    }

    private static string? DigestOf(ResourceDescriptor resource) => resource.Digest?.GetValueOrDefault(Sha256);

    private static ProvenanceCheck Failed(string problem) => new(Statement: null, KeyId: null, problem);
}
