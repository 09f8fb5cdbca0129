using System.IO.Compression;

namespace MiniPaaS.Daemon.Apps;

/// <summary>What the platform vouches for about a slug.</summary>
/// <param name="Sbom">The slug's components: CycloneDX as JSON, compressed with gzip.</param>
/// <param name="Provenance">How the slug was made: a signed DSSE envelope as JSON.</param>
internal sealed record Attestation(byte[] Sbom, string Provenance)
{
    // An SBOM of fifty thousand components is smaller; whatever was put in its place may expand to anything.
    private const int LargestSbom = 64 << 20;

    /// <summary>An attestation with the SBOM compressed.</summary>
    public static Attestation Of(byte[] sbom, string provenance)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(sbom);
        }

        return new Attestation(packed.ToArray(), provenance);
    }

    /// <summary>The SBOM as it was signed.</summary>
    /// <exception cref="InvalidDataException">The stored one is damaged.</exception>
    public byte[] OpenSbom()
    {
        using var gzip = new GZipStream(new MemoryStream(Sbom, writable: false), CompressionMode.Decompress);
        using var text = new MemoryStream(Sbom.Length * 8);
        var buffer = new byte[64 * 1024];
        for (int read; (read = gzip.Read(buffer)) > 0;)
        {
            text.Write(buffer, 0, read);
            if (text.Length > LargestSbom)
            {
                throw new InvalidDataException($"The stored SBOM is larger than {LargestSbom >> 20} MB.");
            }
        }

        return text.ToArray();
    }
}
