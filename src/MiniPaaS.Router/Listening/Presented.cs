using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Router.Listening;

/// <summary>What a certificate means for a handshake.</summary>
internal static class Presented
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>Options to keep and use for every handshake with this certificate: sessions are resumed only under the same ones.</summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="issuers">What completes the chain, in any order; the root is not sent.</param>
    public static SslServerAuthenticationOptions Options(X509Certificate2 certificate, X509Certificate2Collection issuers) => new()
    {
        // Offline: what the chain lacks is the sender's to mend; nothing is fetched from addresses that a certificate names.
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, issuers, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = Protocols,
        AllowRenegotiation = false,
    };
}
