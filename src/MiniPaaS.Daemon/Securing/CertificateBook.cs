using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Securing;

/// <summary>Which certificates the routers present: a pure function of rows and time, computed anew after every commit.</summary>
internal sealed class CertificateBook(Database database, TimeProvider time)
{
    // Only the end of a certificate's validity changes the set without a commit.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private CertificateSet current = new([]);
    private long seen = -1;
    private DateTimeOffset until;

    /// <summary>The set now: the same instance for as long as nothing in it changes.</summary>
    public CertificateSet Current()
    {
        lock (gate)
        {
            var commits = database.Commits;
            var now = time.GetUtcNow();
            if (commits != seen || now >= until)
            {
                var set = Read(now);
                current = AreSame(set, current) ? current : set;
                (seen, until) = (commits, now + Longest);
            }

            return current;
        }
    }

    /// <summary>
    /// Certificates in order of preference: what users uploaded, the newest first, then what was issued automatically, then
    /// what has expired. An app's certificate is presented for that app's domains only, whatever else it names.
    /// </summary>
    public static CertificateSet Of(
        IEnumerable<UploadedCertificate> uploaded,
        IEnumerable<AutomaticCertificate> automatic,
        Func<long, ImmutableArray<string>> domains,
        DateTimeOffset now)
    {
        var all = uploaded.OrderByDescending(c => c.UpdatedAt)
            .Select(c => (Hosts: c.HostsAmong(domains(c.AppId)), c.Certificate))
            .Concat(automatic.Where(c => c.Certificate is not null).Select(c => (Hosts: ImmutableArray.Create(c.Host), Certificate: c.Certificate!)));
        return new CertificateSet(
        [
            .. all.Where(c => !c.Hosts.IsEmpty)
                .OrderBy(c => c.Certificate.NotAfter <= now)
                .Select(c => new RouteCertificate(c.Hosts, c.Certificate.Chain, c.Certificate.Key)),
        ]);
    }

    private CertificateSet Read(DateTimeOffset now) => database.Read(db =>
    {
        var domains = new Dictionary<long, ImmutableArray<string>>();
        return Of(CertificateTable.All(db), AcmeTable.All(db), Domains, now);

        ImmutableArray<string> Domains(long app) =>
            domains.TryGetValue(app, out var known) ? known : domains[app] = AppTable.Domains(db, app);
    });

    private static bool AreSame(CertificateSet left, CertificateSet right) =>
        left.Certificates.Length == right.Certificates.Length
        && left.Certificates.Zip(right.Certificates).All(pair =>
            pair.First.Chain == pair.Second.Chain && pair.First.Key == pair.Second.Key && pair.First.Hosts.SequenceEqual(pair.Second.Hosts));
}
