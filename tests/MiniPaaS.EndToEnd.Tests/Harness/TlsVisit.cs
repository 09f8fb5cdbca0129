using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>A connection to a router that speaks TLS for one host, whatever certificate it is shown.</summary>
internal sealed class TlsVisit : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string host;
    private readonly SslStream stream;
    private readonly List<X509Certificate2> sent = [];

    private TlsVisit(string host, Stream connection)
    {
        this.host = host;
        stream = new SslStream(connection, leaveInnerStreamOpen: false, Keep);
    }

    /// <summary>What the router presents.</summary>
    public X509Certificate2 Certificate => sent[0];

    /// <exception cref="System.Security.Authentication.AuthenticationException">The router has no certificate for the host.</exception>
    public static async Task<TlsVisit> OpenAsync(int port, string host)
    {
        using var deadline = new CancellationTokenSource(Limit);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
        var visit = new TlsVisit(host, new NetworkStream(socket, ownsSocket: true));
        try
        {
            await visit.stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, deadline.Token);
            return visit;
        }
        catch
        {
            await visit.DisposeAsync();
            throw;
        }
    }

    /// <summary>True when the certificate is valid now for the host, for whoever trusts a root.</summary>
    public bool IsTrustedBy(X509Certificate2 root)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(sent.Skip(1).ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return Certificate.MatchesHostname(host) && chain.Build(Certificate);
    }

    /// <summary>Asks for a page and returns the status; the connection stays open.</summary>
    public async Task<int> GetStatusAsync(string path)
    {
        using var deadline = new CancellationTokenSource(Limit);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"), deadline.Token);
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.True(await stream.ReadAsync(buffer, deadline.Token) == 1, $"The connection ended after: {head}");
            head.Append((char)buffer[0]);
        }

        return int.Parse(head.ToString().Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        sent.ForEach(certificate => certificate.Dispose());
    }

    private bool Keep(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        sent.Add(X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData()));
        sent.AddRange(chain!.ChainPolicy.ExtraStore.Select(c => X509CertificateLoader.LoadCertificate(c.RawData)));
        return true;
    }
}
