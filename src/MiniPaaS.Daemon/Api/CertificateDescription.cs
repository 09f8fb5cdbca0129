using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>A certificate in the API's words.</summary>
internal sealed class CertificateDescription(ResourceIds ids, AppDescription apps)
{
    /// <summary>All certificates of an app: those that were uploaded, then those that were issued automatically.</summary>
    public ImmutableArray<SniEndpointInfo> All(SqliteConnection db, App app)
    {
        var domains = AppTable.Domains(db, app.Id);
        return
        [
            .. CertificateTable.OfApp(db, app.Id).Select(c => Of(app, c, domains)),
            .. AcmeTable.OfApp(db, app.Id).Where(c => c.Certificate is not null).Select(c => Of(
                app, ids.Named(ResourceKind.SniEndpoint, c.Host), c.Host, c.Certificate!, acm: true, [c.Host], [], (c.CreatedAt, c.UpdatedAt))),
        ];
    }

    public SniEndpointInfo Of(App app, UploadedCertificate uploaded, ImmutableArray<string> domains) => Of(
        app, IdOf(uploaded), uploaded.Name, uploaded.Certificate, acm: false, uploaded.HostsAmong(domains), domains, (uploaded.CreatedAt, uploaded.UpdatedAt));

    public string IdOf(UploadedCertificate uploaded) => ids.Of(ResourceKind.SniEndpoint, uploaded.Id);

    public string DomainId(long appId, string host) => ids.Named(ResourceKind.Domain, $"{appId}", host);

    /// <summary>The uploaded certificate of an app that a client names by name or uuid, or null.</summary>
    public UploadedCertificate? Find(SqliteConnection db, long appId, string text) =>
        ids.TryRead(ResourceKind.SniEndpoint, text, out var number, out _)
            ? CertificateTable.OfApp(db, appId).FirstOrDefault(certificate => certificate.Id == number)
            : CertificateTable.Find(db, appId, text);

    private SniEndpointInfo Of(
        App app,
        string id,
        string name,
        Certificate certificate,
        bool acm,
        ImmutableArray<string> hosts,
        ImmutableArray<string> domains,
        (DateTimeOffset Created, DateTimeOffset Updated) times)
    {
        using var leaf = X509Certificate2.CreateFromPem(certificate.Chain);
        var selfSigned = leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData);
        return new SniEndpointInfo
        {
            Id = id,
            Name = name,
            DisplayName = name,
            App = apps.Reference(app),
            CertificateChain = certificate.Chain,
            Domains = [.. hosts.Select(host => DomainId(app.Id, host))],
            SslCert = new SslCertificateInfo(
                id, !selfSigned, selfSigned, acm, certificate.Names, leaf.Issuer, leaf.Subject, certificate.NotBefore, certificate.NotAfter),
            CreatedAt = times.Created,
            UpdatedAt = times.Updated,
            Hostnames = hosts,
            Warnings = acm ? [] : [.. Warnings(certificate, selfSigned, hosts, domains)],
        };
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
