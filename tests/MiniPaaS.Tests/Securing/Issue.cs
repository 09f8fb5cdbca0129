using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Tests.Securing;

/// <summary>A certificate with its key, both as PEM.</summary>
internal sealed record Issued(X509Certificate2 Certificate, string Chain, string Key);

/// <summary>Certificates for tests, issued as an authority does.</summary>
internal static class Issue
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static Issued Root(string name = "Root") => Make(name, authority: true, [], issuer: null, Now.AddYears(-1), Now.AddYears(9));

    public static Issued Authority(Issued issuer, string name = "Issuing CA") =>
        Make(name, authority: true, [], issuer, Now.AddMonths(-6), Now.AddYears(2));

    /// <summary>A server's certificate; without an issuer it is self-signed.</summary>
    public static Issued Server(
        string[] names, Issued? issuer = null, DateTimeOffset? from = null, DateTimeOffset? until = null, AsymmetricAlgorithm? key = null, string usage = "1.3.6.1.5.5.7.3.1") =>
        Make("server", authority: false, names, issuer, from ?? Now.AddDays(-1), until ?? Now.AddDays(89), key, usage);

    private static Issued Make(
        string name, bool authority, string[] names, Issued? issuer, DateTimeOffset from, DateTimeOffset until, AsymmetricAlgorithm? given = null, string? usage = null)
    {
        var key = given ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={name}");
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            Array.ForEach(names, alternatives.AddDnsName);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        var certificate = Sign(request, key, issuer, from, until);
        var chain = certificate.ExportCertificatePem() + "\n" + (issuer is null || Self(issuer.Certificate) ? "" : issuer.Chain);
        return new Issued(certificate, chain, key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 Sign(CertificateRequest request, AsymmetricAlgorithm key, Issued? issuer, DateTimeOffset from, DateTimeOffset until)
    {
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using var own = ECDsa.Create();
        own.ImportFromPem(issuer.Key);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer.Certificate, true, false));
        return request.Create(
            issuer.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(own), from, until, RandomNumberGenerator.GetBytes(8));
    }

    private static bool Self(X509Certificate2 certificate) => certificate.Subject == certificate.Issuer;
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
