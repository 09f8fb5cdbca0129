using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Router.Listening;

/// <summary>Gives hosts that have no certificate one of the machine's local CA, made when it is first asked for.</summary>
/// <remarks>The control plane leaves the issuer's key and certificate in <see cref="RouterSettings.IssuerPath"/>. The file is looked at
/// with every handshake that needs it, which costs a thousandth of the handshake; while it cannot be used, the issuer read before
/// stays.</remarks>
internal sealed class LocalIssuer(RouterSettings settings, TimeProvider time, ILogger<LocalIssuer> log) : IHostedService
{
    /// <summary>Most leaves kept. Names below a wildcard are the visitors' choice, so there must be a bound.</summary>
    public const int MostLeaves = 4096;

    private static readonly TimeSpan Renewal = LeafCertificate.Lifetime * 2 / 3;

    private readonly Lock gate = new();
    private volatile Issuer? current;
    private Stamp seen;
    private string? complaint;

    /// <summary>Says at the start whether the issuer is there.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Refresh();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What is presented for a host, or null when there is no issuer or it cannot sign for that name.</summary>
    public SslServerAuthenticationOptions? ForHost(string host) => For(host, [host], []);

    /// <summary>What is presented to visitors who name no host but an address of this machine.</summary>
    public SslServerAuthenticationOptions? ForAddress(IPAddress local, IReadOnlyList<string> names)
    {
        var address = local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
        IPAddress[] addresses = [.. new[] { address, IPAddress.Loopback, IPAddress.IPv6Loopback }.Distinct()];
        return For(address.ToString(), names, addresses);
    }

    private SslServerAuthenticationOptions? For(string key, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses)
    {
        Refresh();
        if (current is not { } issuer)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var leaf = issuer.Leaves.GetOrAdd(key, _ => Promise());
        try
        {
            if (leaf.Value.RenewAt <= now)
            {
                var next = Promise();
                leaf = issuer.Leaves.TryUpdate(key, next, leaf) ? next : issuer.Leaves.GetOrAdd(key, next);
            }

            Trim(issuer.Leaves, key);
            return leaf.Value.Options;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException or InvalidOperationException)
        {
            issuer.Leaves.TryRemove(key, out _);
            log.LeafNotIssued(key, failure.Message);
            return null;
        }

        Lazy<Leaf> Promise() => new(() => issuer.Issue(names, addresses, now));
    }

    // Any other will do: what is asked for again is made again.
    private static void Trim(ConcurrentDictionary<string, Lazy<Leaf>> leaves, string except)
    {
        if (leaves.Count <= MostLeaves)
        {
            return;
        }

        foreach (var (key, _) in leaves)
        {
            if (key != except && leaves.TryRemove(key, out _))
            {
                return;
            }
        }
    }

    private void Refresh()
    {
        var stamp = Stamp.Of(settings.IssuerPath);
        lock (gate)
        {
            // A file that cannot be used is tried again: rights change without leaving a trace in its times.
            if (stamp == seen && complaint is null)
            {
                return;
            }

            seen = stamp;
            try
            {
                current = Issuer.Read(settings.IssuerPath, $"paas.{settings.Domain}", time.GetUtcNow());
                complaint = null;
                log.IssuerLoaded(settings.IssuerPath);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException
                or ArgumentException or InvalidOperationException)
            {
                if (complaint != failure.Message)
                {
                    complaint = failure.Message;
                    log.IssuerIgnored(settings.IssuerPath, complaint, current is null
                        ? "hosts without a certificate of their own cannot be reached over HTTPS until the control plane leaves it there"
                        : "the one before stays in use");
                }
            }
        }
    }

    private readonly record struct Stamp(DateTime Written, long Length)
    {
        public static Stamp Of(string path) => new FileInfo(path) is { Exists: true } file ? new Stamp(file.LastWriteTimeUtc, file.Length) : default;
    }

    private sealed record Leaf(SslServerAuthenticationOptions Options, DateTimeOffset RenewAt);

    private sealed record Issuer(X509Certificate2 Signer, X509Certificate2Collection Chain)
    {
        public ConcurrentDictionary<string, Lazy<Leaf>> Leaves { get; } = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>The issuer in a file: its key, its certificate, then the root's; proven by a certificate for <paramref name="host"/>.</summary>
        public static Issuer Read(string path, string host, DateTimeOffset now)
        {
            var text = File.ReadAllText(path);
            using var key = ECDsa.Create();
            key.ImportFromPem(text);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            if (chain.Count == 0)
            {
                throw new CryptographicException("it holds no certificate");
            }

            var issuer = new Issuer(chain[0].CopyWithPrivateKey(key), chain);
            issuer.Issue([host], [], now);
            return issuer;
        }

        public Leaf Issue(IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, DateTimeOffset now)
            => new(Presented.Options(LeafCertificate.Issue(Signer, names, addresses, now), Chain), now + Renewal);
    }
}
