using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>The certificates that routers should have now; the same instance for as long as nothing in it changes.</summary>
internal delegate CertificateSet CertificateSource();

/// <summary>Gives every router process the certificate set: when it is greeted, ahead of its routes, and whenever the set has changed since.</summary>
internal sealed partial class CertificateLink(CertificateSource source, ILogger<CertificateLink> log)
{
    /// <summary>Tells one router what it does not know yet; for one router at a time.</summary>
    /// <remarks>
    /// A router that is older than certificates, or that refuses the set, is not asked again before the set changes:
    /// its routes matter more.
    /// </remarks>
    public async Task TellAsync(RouterClient router, CancellationToken ct)
    {
        var set = source();
        if (ReferenceEquals(router.Certificates, set))
        {
            return;
        }

        switch (await router.PutCertificatesAsync(set, ct))
        {
            case CertificateAnswer.Refused(var reason):
                LogRefused(router.Socket, reason);
                break;
            case CertificateAnswer.Unknown when !set.Certificates.IsEmpty:
                LogUnknown(router.Socket);
                break;
        }

        router.Certificates = set;
    }

    [LoggerMessage(311, LogLevel.Error, "The router at {Socket} refused the certificates and goes on with those that it has: {Reason}")]
    private partial void LogRefused(string socket, string reason);

    [LoggerMessage(312, LogLevel.Warning, "The router at {Socket} is too old for certificates; it gets them when it is upgraded")]
    private partial void LogUnknown(string socket);
}
