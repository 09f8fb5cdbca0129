using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>A certificate in the API's words.</summary>
internal static class CertificateDescription
{
    /// <param name="id">Id on the wire.</param>
    /// <param name="name">Name on the wire.</param>
    /// <param name="certificate">The certificate; its key stays here.</param>
    /// <param name="acm">True when it was issued automatically.</param>
    /// <param name="hosts">Domains that it is presented for.</param>
    /// <param name="domains">Domains of the app that it could be expected to be for.</param>
    /// <param name="created">First upload.</param>
    /// <param name="updated">Last upload.</param>
    public static SniEndpointInfo Of(
        string id,
        string name,
        Certificate certificate,
        bool acm,
        ImmutableArray<string> hosts,
        ImmutableArray<string> domains,
        DateTimeOffset created,
        DateTimeOffset updated)
    {
        using var leaf = X509Certificate2.CreateFromPem(certificate.Chain);
        var selfSigned = leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData);
        return new SniEndpointInfo(
            id,
            name,
            certificate.Chain,
            hosts,
            new SslCertificateInfo(
                !selfSigned, selfSigned, acm, certificate.Names, leaf.Issuer, leaf.Subject, certificate.NotBefore, certificate.NotAfter),
            acm ? [] : [.. Warnings(certificate, selfSigned, hosts, domains)],
            created,
            updated);
    }

    private static IEnumerable<string> Warnings(Certificate certificate, bool selfSigned, ImmutableArray<string> hosts, ImmutableArray<string> domains)
    {
        var left = domains.Where(host => !certificate.IsFor(host)).ToList();
        if (hosts.IsEmpty)
        {
            yield return $"It is presented to nobody: it names {string.Join(", ", certificate.Names)}, but the app's domains are {string.Join(", ", domains)}.";
        }
        else if (left.Count > 0)
        {
            yield return $"It does not name {string.Join(", ", left)}; visitors there get another certificate.";
        }

        if (selfSigned)
        {
            yield return "It is self-signed: visitors are warned unless they were told to trust it.";
        }
        else if (certificate.Chain.IndexOf("BEGIN CERTIFICATE", StringComparison.Ordinal) == certificate.Chain.LastIndexOf("BEGIN CERTIFICATE", StringComparison.Ordinal))
        {
            yield return "The chain has no issuing certificate: programs that do not know the issuer refuse it. Append the issuer's certificate (often \"fullchain.pem\").";
        }
    }
}
