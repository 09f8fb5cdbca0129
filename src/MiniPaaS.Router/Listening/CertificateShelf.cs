using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Listening;

/// <summary>A set of certificates and which of them each host gets. Immutable.</summary>
internal sealed class CertificateShelf
{
    public static readonly CertificateShelf Empty = new(new CertificateSet([]), []);

    private readonly Dictionary<(string Chain, string Key), Lazy<SslServerAuthenticationOptions>> items;
    private readonly FrozenDictionary<string, Lazy<SslServerAuthenticationOptions>>.AlternateLookup<ReadOnlySpan<char>> byName;

    private CertificateShelf(CertificateSet set, Dictionary<(string Chain, string Key), Lazy<SslServerAuthenticationOptions>> items)
    {
        Set = set;
        this.items = items;
        var names = new Dictionary<string, Lazy<SslServerAuthenticationOptions>>(StringComparer.OrdinalIgnoreCase);
        foreach (var certificate in set.Certificates)
        {
            foreach (var host in certificate.Hosts)
            {
                // "*.example.org" is kept as ".example.org", what is left of a name without its first label. The first of two wins.
                names.TryAdd(host.StartsWith("*.", StringComparison.Ordinal) ? host[1..] : host, items[(certificate.Chain, certificate.Key)]);
            }
        }

        byName = names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public CertificateSet Set { get; }

    /// <summary>What is presented for a host, or null: its own certificate before one with a wildcard (RFC 6125, 6.4.3).</summary>
    public SslServerAuthenticationOptions? Find(ReadOnlySpan<char> host)
    {
        if (host.StartsWith('.'))
        {
            return null;
        }

        if (!byName.TryGetValue(host, out var found))
        {
            var dot = host.IndexOf('.');
            if (dot < 0 || !byName.TryGetValue(host[dot..], out found))
            {
                return null;
            }
        }

        return found.Value;
    }

    /// <summary>A shelf with these certificates. Those that stay keep their TLS sessions.</summary>
    /// <returns>Null with what is wrong, naming the hosts, when any of them cannot be used.</returns>
    public CertificateShelf? With(CertificateSet? set, out string? problem)
    {
        if (set is null or { Certificates.IsDefault: true })
        {
            problem = "there is no list of certificates";
            return null;
        }

        var next = new Dictionary<(string Chain, string Key), Lazy<SslServerAuthenticationOptions>>();
        var wrong = new List<string>();
        foreach (var certificate in set.Certificates)
        {
            if (certificate is not { Hosts.IsDefaultOrEmpty: false, Chain.Length: > 0, Key.Length: > 0 } || certificate.Hosts.Any(string.IsNullOrEmpty))
            {
                wrong.Add("a certificate lacks its hosts, chain or key");
            }
            else if (!next.ContainsKey((certificate.Chain, certificate.Key)) && Read(certificate, next) is { } reason)
            {
                wrong.Add($"{string.Join(", ", certificate.Hosts)}: {reason}");
            }
        }

        problem = wrong.Count == 0 ? null : string.Join("; ", wrong);
        return problem is null ? new CertificateShelf(set, next) : null;
    }

    // The chain is completed when it is needed first: with thousands of certificates that takes a while, and few are asked for at once.
    private string? Read(
        RouteCertificate certificate, Dictionary<(string Chain, string Key), Lazy<SslServerAuthenticationOptions>> next)
    {
        if (items.TryGetValue((certificate.Chain, certificate.Key), out var known))
        {
            next.Add((certificate.Chain, certificate.Key), known);
            return null;
        }

        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificate.Chain, certificate.Key);
            var issuers = new X509Certificate2Collection();
            issuers.ImportFromPem(certificate.Chain);
            issuers.RemoveAt(0);
            next.Add((certificate.Chain, certificate.Key), new Lazy<SslServerAuthenticationOptions>(() => Presented.Options(leaf, issuers)));
            return null;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            return failure.Message;
        }
    }
}
