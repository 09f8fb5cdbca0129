using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Router.Listening;

/// <summary>Makes certificates for hosts that have none of their own, in the name of the machine's local CA.</summary>
internal static class LeafCertificate
{
    /// <summary>How long a leaf is valid. Short, for nothing revokes it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    // Longest common name (RFC 5280, appendix A); clients read the alternative names alone.
    private const int LongestCommonName = 64;

    // Clocks differ.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>A server certificate with a new key for exactly these names.</summary>
    /// <param name="issuer">With its private key.</param>
    /// <param name="names">DNS names, the first of which is the subject.</param>
    /// <param name="addresses">IP addresses.</param>
    /// <param name="now">When it is made.</param>
    /// <exception cref="CryptographicException">The issuer cannot sign.</exception>
    /// <exception cref="ArgumentException">The issuer is no CA, is out of its time, or a name is none.</exception>
    public static X509Certificate2 Issue(
        X509Certificate2 issuer, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        if (names[0].Length <= LongestCommonName)
        {
            subject.AddCommonName(names[0]);
        }

        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(Alternatives(names, addresses));

        var (first, last) = (new DateTimeOffset(issuer.NotBefore), new DateTimeOffset(issuer.NotAfter));
        var (begins, ends) = (now - Backdated, now + Lifetime);
        using var signed = request.Create(issuer, begins < first ? first : begins, ends > last ? last : ends, SerialNumber());
        return signed.CopyWithPrivateKey(key);
    }

    private static X509Extension Alternatives(IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        foreach (var address in addresses)
        {
            alternatives.AddIpAddress(address);
        }

        return alternatives.Build();
    }

    // Positive, and with more than the 64 random bits that CAs owe.
    private static byte[] SerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7f | 0x40);
        return serial;
    }
}
