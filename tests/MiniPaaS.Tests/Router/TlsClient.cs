using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Tests.Router;

/// <summary>A TLS connection whose peer proved itself to somebody who trusts one root alone.</summary>
internal static class TlsClient
{
    /// <exception cref="AuthenticationException">The peer has no certificate for that name that the root vouches for.</exception>
    public static async Task<SslStream> ConnectAsync(
        int port, string host, X509Certificate2 root, SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] alpn)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(root);
        var stream = new SslStream(await RawClient.ConnectAsync(port));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host,
                CertificateChainPolicy = policy,
                EnabledSslProtocols = protocols,
                ApplicationProtocols = alpn.Length == 0 ? null : [.. alpn],
            });
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Subject of the certificate that a host is answered with, as in <c>CN=shop.localhost</c>.</summary>
    public static async Task<string> SubjectAsync(int port, string host, X509Certificate2 root)
    {
        await using var stream = await ConnectAsync(port, host, root);
        return stream.RemoteCertificate!.Subject;
    }

    /// <summary>Whether a host is refused: by an alert or an end of the connection, not by a certificate that is not trusted.</summary>
    public static async Task<bool> IsRefusedAsync(int port, string host, X509Certificate2 root)
    {
        try
        {
            await using var stream = await ConnectAsync(port, host, root);
            return false;
        }
        catch (Exception failure) when (failure is AuthenticationException { InnerException: not null } or IOException or SocketException)
        {
            return true;
        }
    }
}
