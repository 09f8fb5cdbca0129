using System.Security.Cryptography;
using MiniPaaS.Daemon.Securing;

namespace MiniPaaS.Tests.Securing;

public sealed class CertificateReaderTests
{
    private static readonly Issued Root = Issue.Root();
    private static readonly Issued Authority = Issue.Authority(Root);

    [Fact]
    public void A_chain_with_its_key_is_read()
    {
        var server = Issue.Server(["Shop.Example.org", "*.example.org"], Authority);

        Assert.True(CertificateReader.TryRead(server.Chain, server.Key, Issue.Now, out var certificate, out _));

        Assert.Equal(["shop.example.org", "*.example.org"], certificate.Names.AsEnumerable());
        Assert.Equal(Issue.Now.AddDays(-1), certificate.NotBefore);
        Assert.Equal(Issue.Now.AddDays(89), certificate.NotAfter);
        Assert.Equal(Issue.Now.AddDays(59), certificate.RenewAt);
        Assert.Equal(2, certificate.Chain.Split("BEGIN CERTIFICATE").Length - 1);
        Assert.DoesNotContain("KEY", certificate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----")]
    public void Keys_of_every_usual_form_are_read(string begin)
    {
        using AsymmetricAlgorithm key = begin.Contains("RSA", StringComparison.Ordinal) ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var server = Issue.Server(["a.test"], Authority, key: key);
        var pem = key switch
        {
            RSA rsa => rsa.ExportRSAPrivateKeyPem(),
            ECDsa ec when begin.Contains("EC", StringComparison.Ordinal) => "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n" + ec.ExportECPrivateKeyPem(),
            _ => key.ExportPkcs8PrivateKeyPem(),
        };

        Assert.Contains(begin, pem, StringComparison.Ordinal);
        Assert.True(CertificateReader.TryRead(server.Chain, pem, Issue.Now, out var certificate, out var error), error);
        Assert.StartsWith(begin, certificate.Key, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_key_is_refused_with_the_command_that_decrypts_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = Issue.Server(["a.test"], Authority, key: key);
        var pkcs8 = key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        const string old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";

        foreach (var pem in (string[])[pkcs8, old])
        {
            Refuses(server.Chain, pem, "openssl pkey");
        }
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        Refuses(Issue.Server(["a.test"], Authority).Chain, Issue.Server(["a.test"], Authority).Key, "does not belong");
        using var rsa = RSA.Create(2048);
        Refuses(Issue.Server(["a.test"], Authority).Chain, rsa.ExportPkcs8PrivateKeyPem(), "does not belong");
        Refuses(Issue.Server(["a.test"], Authority).Chain, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "does not belong");
    }

    [Fact]
    public void A_chain_in_disorder_is_refused_and_told_how_it_should_be()
    {
        var server = Issue.Server(["a.test"], Authority);
        var single = server.Certificate.ExportCertificatePem() + "\n";
        Refuses(single + Root.Chain + Authority.Chain, server.Key, "not in order: certificate 1 (CN=server) was issued by \"CN=Issuing CA\"");
        Refuses(Authority.Chain + single, server.Key, "begin with the server's certificate");
    }

    [Fact]
    public void A_chain_whose_issuer_only_has_the_right_name_is_refused()
    {
        var server = Issue.Server(["a.test"], Authority);
        Refuses(server.Certificate.ExportCertificatePem() + "\n" + Issue.Authority(Root).Chain, server.Key, "not signed by");
    }

    [Fact]
    public void What_is_not_valid_now_is_refused()
    {
        var old = Issue.Server(["a.test"], Authority, Issue.Now.AddDays(-30), Issue.Now.AddSeconds(-1));
        var early = Issue.Server(["a.test"], Authority, Issue.Now.AddDays(1), Issue.Now.AddDays(2));
        Refuses(old.Chain, old.Key, "expired on 2026-11-21 11:59");
        Refuses(early.Chain, early.Key, "not valid before 2026-11-22");
    }

    [Fact]
    public void A_certificate_for_no_host_or_no_server_is_refused()
    {
        var nameless = Issue.Server([], Authority);
        var client = Issue.Server(["a.test"], Authority, usage: "1.3.6.1.5.5.7.3.2");
        using var key = RSA.Create(1024);
        var weak = Issue.Server(["a.test"], Authority, key: key);
        Refuses(nameless.Chain, nameless.Key, "names no host");
        Refuses(client.Chain, client.Key, "serverAuth");
        Refuses(weak.Chain, weak.Key, "1024 bits");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void What_is_no_certificate_is_refused(string? chain) => Refuses(chain, Authority.Key, "certificate");

    [Fact]
    public void A_key_of_a_kind_that_cannot_be_served_is_refused_with_advice()
    {
        // Made with `openssl req -x509 -newkey ed25519 -subj /CN=ed -addext subjectAltName=DNS:ed.test -days 36500`.
        const string chain = """
            -----BEGIN CERTIFICATE-----
            MIIBRDCB96ADAgECAhRZtwlX34+9QMFmK22vG/bNCPytvjAFBgMrZXAwDTELMAkG
            A1UEAwwCZWQwIBcNMjYxMTIxMTAzNzE4WhgPMjEyNjEwMjgxMDM3MThaMA0xCzAJ
            BgNVBAMMAmVkMCowBQYDK2VwAyEAR3QqloLmAhgl08g5BJWaCZWsUPKRDyZ6pcB5
            8hN1Rt+jZzBlMB0GA1UdDgQWBBS/cmd5u/f7DrNfUIjM/bJAGNGrlTAfBgNVHSME
            GDAWgBS/cmd5u/f7DrNfUIjM/bJAGNGrlTAPBgNVHRMBAf8EBTADAQH/MBIGA1Ud
            EQQLMAmCB2VkLnRlc3QwBQYDK2VwA0EAf4B2ZBcFODXFwAjcaUSsBmJ20wpT7bFP
            2MXyArzzsX3WaMNbH2BxJ/4SULCreky/2s4jTC9H4Vjw+l715B22AQ==
            -----END CERTIFICATE-----
            """;
        Assert.False(CertificateReader.TryRead(chain, Authority.Key, new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), out _, out var error));
        Assert.Contains("EC (P-256) or RSA", error, StringComparison.Ordinal);
    }

    private static void Refuses(string? chain, string? key, string words)
    {
        Assert.False(CertificateReader.TryRead(chain, key, Issue.Now, out var certificate, out var error));
        Assert.Null(certificate);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }
}
