using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>A certificate authority like the one that an install makes: a root, and an issuer that it signed.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 issuer;

    public TestAuthority(string name = "Test")
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (begins, ends) = (DateTimeOffset.Now.AddDays(-1), DateTimeOffset.Now.AddDays(400));
        Root = Request($"CN={name} Root", rootKey, isAuthority: true).CreateSelfSigned(begins, ends);
        using var signed = Request($"CN={name} Issuer", issuerKey, isAuthority: true).Create(Root, begins, ends, Serial());
        issuer = signed.CopyWithPrivateKey(issuerKey);
    }

    /// <summary>What clients trust.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>What the control plane leaves for routers: key, issuer, root.</summary>
    public string IssuerPem => $"{issuerKey.ExportPkcs8PrivateKeyPem()}\n{issuer.ExportCertificatePem()}\n{Root.ExportCertificatePem()}\n";

    /// <summary>A certificate for these hosts as a person would have bought it; <paramref name="mark"/> tells it from others.</summary>
    public RouteCertificate Certify(string mark, params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request($"CN={mark}", key, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(issuer, DateTimeOffset.Now.AddHours(-1), DateTimeOffset.Now.AddDays(90), Serial());
        return new RouteCertificate([.. hosts], leaf.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        Root.Dispose();
        issuer.Dispose();
        issuerKey.Dispose();
    }

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];

    private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (isAuthority)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        }

        return request;
    }
}
