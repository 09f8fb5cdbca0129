using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Securing;

/// <summary>Reads a certificate chain and its key as people and certificate authorities hand them over, and says what is wrong with them.</summary>
internal static class CertificateReader
{
    private const int LongestChain = 64 * 1024;
    private const int LongestKey = 16 * 1024;
    private const int ShortestRsaKey = 2048;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads and checks both; the result can be presented to visitors now.</summary>
    /// <param name="chainPem">The certificate, then its issuers, each signed by the next.</param>
    /// <param name="keyPem">The private key, RSA or EC, in PKCS #8, PKCS #1 or SEC 1 form.</param>
    /// <param name="now">Time at which it must be valid.</param>
    /// <param name="certificate">What was read.</param>
    /// <param name="error">What is wrong and what to do.</param>
    public static bool TryRead(
        string? chainPem,
        string? keyPem,
        DateTimeOffset now,
        [NotNullWhen(true)] out Certificate? certificate,
        [NotNullWhen(false)] out string? error)
    {
        certificate = null;
        if (!TryReadChain(chainPem, out var chain, out error))
        {
            return false;
        }

        try
        {
            error = RejectLeaf(chain[0], now) ?? RejectOrder(chain);
            if (error is not null || !TryReadKey(chain[0], keyPem, out var key, out error))
            {
                return false;
            }

            certificate = new Certificate(
                string.Concat(chain.Select(c => c.ExportCertificatePem() + "\n")), key, NamesOf(chain[0]), StartOf(chain[0]), EndOf(chain[0]));
            return true;
        }
        finally
        {
            chain.ForEach(c => c.Dispose());
        }
    }

    /// <summary>The DNS names of a certificate's subjectAltName, lower-case; the common name does not count (RFC 9525).</summary>
    public static ImmutableArray<string> NamesOf(X509Certificate2 certificate) =>
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(names => names.EnumerateDnsNames())
                .Select(name => name.ToLowerInvariant())
                .Distinct(StringComparer.Ordinal),
        ];

    public static DateTimeOffset StartOf(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    public static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private static bool TryReadChain(string? pem, out List<X509Certificate2> chain, [NotNullWhen(false)] out string? error)
    {
        chain = [];
        if (pem is null || pem.Length > LongestChain || !pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
        {
            error = "The certificate chain is not PEM: a text with one -----BEGIN CERTIFICATE----- block for the certificate and one for each of "
                + "its issuers, at most 64 KB. A DER file becomes one with `openssl x509 -inform der -in FILE`.";
            return false;
        }

        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(pem);
            chain.AddRange(found);
            error = null;
            return true;
        }
        catch (CryptographicException e)
        {
            error = $"A certificate of the chain cannot be read: {e.Message} Check that the file is complete.";
            return false;
        }
    }

    private static string? RejectLeaf(X509Certificate2 leaf, DateTimeOffset now)
    {
        var usages = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages;
        if (EndOf(leaf) <= now)
        {
            return $"The certificate expired on {EndOf(leaf):yyyy-MM-dd HH:mm} UTC. Get a new one from whoever issued it.";
        }

        if (StartOf(leaf) > now)
        {
            return $"The certificate is not valid before {StartOf(leaf):yyyy-MM-dd HH:mm} UTC. Add it then, or check the clock of this machine.";
        }

        if (NamesOf(leaf).IsEmpty)
        {
            return "The first certificate of the chain names no host (it has no DNS name in subjectAltName), so no browser would accept it. "
                + "The chain must begin with the server's certificate, followed by its issuers.";
        }

        return usages is not null && !usages.OfType<Oid>().Any(usage => usage.Value == ServerAuthentication)
            ? "The certificate is not meant for servers: its extended key usage lacks serverAuth. Ask its issuer for a TLS server certificate."
            : null;
    }

    private static string? RejectOrder(List<X509Certificate2> chain)
    {
        for (var i = 1; i < chain.Count; i++)
        {
            if (!chain[i - 1].IssuerName.RawData.AsSpan().SequenceEqual(chain[i].SubjectName.RawData))
            {
                return $"The chain is not in order: certificate {i} ({chain[i - 1].Subject}) was issued by \"{chain[i - 1].Issuer}\", but "
                    + $"certificate {i + 1} is \"{chain[i].Subject}\". Begin with the server's certificate and let each be followed by its issuer.";
            }
        }

        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.Add(chain[^1]);
        path.ChainPolicy.ExtraStore.AddRange(chain.ToArray());
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        path.ChainPolicy.DisableCertificateDownloads = true;
        path.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
        path.Build(chain[0]);
        var built = path.ChainElements.Select(element => element.Certificate.Thumbprint).ToList();
        var complete = chain.Select(c => c.Thumbprint).SequenceEqual(built)
            && !path.ChainStatus.Any(s => s.Status.HasFlag(X509ChainStatusFlags.NotSignatureValid));
        return complete
            ? null
            : "The chain does not hold together: a certificate in it was not signed by the one that follows. Use the chain that came with the "
                + "certificate, without parts of another one.";
    }

    private static bool TryReadKey(
        X509Certificate2 leaf, string? pem, [NotNullWhen(true)] out string? key, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (FindKey(pem, out var encrypted) is not { } block)
        {
            key = null;
            error = encrypted
                ? "The private key is encrypted, and nobody could type its passphrase when a router starts. Decrypt it: "
                    + "`openssl pkey -in KEY -out KEY.plain`, and keep that file safe."
                : "The private key is not PEM: a text with a -----BEGIN PRIVATE KEY----- block (or RSA or EC PRIVATE KEY), at most 16 KB.";
            return false;
        }

        key = block;
        try
        {
            error = RejectKey(leaf, block);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or AsnContentException)
        {
            error = "The private key does not belong to the certificate: it is of another kind, or damaged. Use the key that the certificate "
                + "was requested with.";
        }

        return error is null;
    }

    private static string? RejectKey(X509Certificate2 leaf, string key)
    {
        using var rsa = leaf.GetRSAPublicKey();
        using var ec = leaf.GetECDsaPublicKey();
        if (rsa is null && ec is null)
        {
            return $"Certificates with keys of the kind {leaf.PublicKey.Oid.FriendlyName ?? leaf.GetKeyAlgorithm()} cannot be served. "
                + "Request one with an EC (P-256) or RSA key.";
        }

        if (rsa is { KeySize: < ShortestRsaKey })
        {
            return $"The RSA key has {rsa.KeySize} bits; clients refuse less than {ShortestRsaKey}. Request a certificate with a new key.";
        }

        using AsymmetricAlgorithm own = rsa is not null ? RSA.Create() : ECDsa.Create();
        own.ImportFromPem(key);
        return own.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(leaf.PublicKey.ExportSubjectPublicKeyInfo())
            ? null
            : "The private key does not belong to the certificate. Use the key that the certificate was requested with.";
    }

    // Files made by OpenSSL may hold more than the key, as in EC PARAMETERS.
    private static string? FindKey(string? text, out bool encrypted)
    {
        encrypted = false;
        if (text is null || text.Length > LongestKey)
        {
            return null;
        }

        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            var label = rest[fields.Label];
            encrypted |= label is "ENCRYPTED PRIVATE KEY";
            if (label is "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY")
            {
                return rest[fields.Location].ToString() + "\n";
            }
        }

        // The headers of OpenSSL's old form of encryption (RFC 1421) are no PEM of today (RFC 7468).
        encrypted |= text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal);
        return null;
    }
}
