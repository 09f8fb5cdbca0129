using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Apps;

/// <summary>A certificate with its private key, as far as the platform has to know it.</summary>
/// <param name="Chain">PEM: the certificate, then its issuers.</param>
/// <param name="Key">PEM of the private key: goes into the database and to routers, nowhere else.</param>
/// <param name="Names">Lower-case host names that it is valid for, <c>*.example.org</c> included.</param>
/// <param name="NotBefore">Begin of its validity.</param>
/// <param name="NotAfter">End of its validity.</param>
internal sealed record Certificate(
    string Chain, string Key, ImmutableArray<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>When it should be replaced: with a third of its lifetime left, which suits 90 days as well as 6.</summary>
    public DateTimeOffset RenewAt => RenewalOf(NotBefore, NotAfter);

    public static DateTimeOffset RenewalOf(DateTimeOffset notBefore, DateTimeOffset notAfter) => notAfter - ((notAfter - notBefore) / 3);

    public bool IsFor(string host) => Names.Any(name => Covers(name, host));

    /// <summary>True when a name of a certificate is valid for a host: a wildcard stands for one label (RFC 6125, 6.4.3).</summary>
    /// <param name="name">Name in the certificate.</param>
    /// <param name="host">Host name, or a wildcard domain of an app.</param>
    public static bool Covers(string name, string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return name == host || (name.StartsWith("*.", StringComparison.Ordinal) && dot > 0 && name.AsSpan(1).SequenceEqual(host.AsSpan(dot)));
    }

    // A record prints its members; this one has a secret.
    public override string ToString() => $"certificate for {string.Join(", ", Names)}";
}

/// <summary>A certificate that a user uploaded for an app.</summary>
/// <param name="Id">Never reused.</param>
/// <param name="AppId">App whose domains it may be presented for.</param>
/// <param name="Name">Unique name.</param>
/// <param name="Certificate">The certificate.</param>
/// <param name="Chosen">Domains that the user chose; null for all that it names.</param>
/// <param name="CreatedAt">First upload.</param>
/// <param name="UpdatedAt">Last upload.</param>
internal sealed record UploadedCertificate(
    long Id,
    long AppId,
    string Name,
    Certificate Certificate,
    ImmutableArray<string>? Chosen,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Those of the app's domains that it is presented for.</summary>
    public ImmutableArray<string> HostsAmong(ImmutableArray<string> domains) =>
        [.. domains.Where(host => Certificate.IsFor(host) && Chosen?.Contains(host) != false)];
}

/// <summary>How a domain of an app with automatic certificates stands.</summary>
/// <param name="Host">The domain.</param>
/// <param name="AppId">Its app.</param>
/// <param name="Certificate">The certificate in force, or null before the first.</param>
/// <param name="Failures">Attempts that failed since the last that succeeded.</param>
/// <param name="Error">Why the last attempt failed; null when it succeeded.</param>
/// <param name="NextAttempt">When to order or renew next.</param>
/// <param name="CreatedAt">First attempt.</param>
/// <param name="UpdatedAt">Last attempt.</param>
internal sealed record AutomaticCertificate(
    string Host,
    long AppId,
    Certificate? Certificate,
    int Failures,
    string? Error,
    DateTimeOffset NextAttempt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);
