using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>Request to upload a certificate, or to put another one in the place of one that was uploaded.</summary>
/// <param name="CertificateChain">PEM: the certificate, then its issuers.</param>
/// <param name="PrivateKey">PEM: its private key, not encrypted. Never given back by the API.</param>
/// <param name="Domains">Domains of the app that it is presented for, by host name or uuid; null for all that it names.</param>
public sealed record SniEndpointUpload(string? CertificateChain, string? PrivateKey, ImmutableArray<string>? Domains = null);

/// <summary>A certificate of an app, as Heroku's Platform API words it (sni-endpoint).</summary>
public sealed record SniEndpointInfo
{
    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>Unique name; of an automatic certificate, its host.</summary>
    public required string Name { get; init; }

    /// <summary>The name once more, for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>App it belongs to.</summary>
    public required Reference App { get; init; }

    /// <summary>PEM: the certificate, then its issuers.</summary>
    public required string CertificateChain { get; init; }

    /// <summary>Uuids of the domains of the app that it is presented for, as far as no certificate before it names them.</summary>
    public required ImmutableArray<string> Domains { get; init; }

    /// <summary>What the certificate says.</summary>
    public required SslCertificateInfo SslCert { get; init; }

    /// <summary>When it was uploaded first.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was uploaded or issued last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Extension: the host names of those domains.</summary>
    public required ImmutableArray<string> Hostnames { get; init; }

    /// <summary>Extension: what visitors may trip over, one sentence each.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>What a certificate says, in Heroku's words.</summary>
/// <param name="Id">Uuid, that of its endpoint.</param>
/// <param name="CaSigned">True when somebody else signed it.</param>
/// <param name="SelfSigned">True when it is signed with its own key.</param>
/// <param name="Acm">True when it was issued automatically, by ACME.</param>
/// <param name="CertDomains">Host names that it is valid for.</param>
/// <param name="Issuer">Distinguished name of its issuer.</param>
/// <param name="Subject">Distinguished name of its subject.</param>
/// <param name="StartsAt">When it becomes valid.</param>
/// <param name="ExpiresAt">When it stops to be valid.</param>
public sealed record SslCertificateInfo(
    string Id,
    [property: JsonPropertyName("ca_signed?")] bool CaSigned,
    [property: JsonPropertyName("self_signed?")] bool SelfSigned,
    bool Acm,
    ImmutableArray<string> CertDomains,
    string Issuer,
    string Subject,
    DateTimeOffset StartsAt,
    DateTimeOffset ExpiresAt);

/// <summary>Automatic certificates of an app (Heroku: ACM).</summary>
/// <param name="Enabled">True when the app's domains get certificates by ACME (RFC 8555).</param>
/// <param name="Directory">Address of the certificate authority's directory.</param>
/// <param name="Domains">One entry per domain of the app; empty while it is not enabled.</param>
public sealed record AcmInfo(bool Enabled, string Directory, ImmutableArray<AcmDomain> Domains);

/// <summary>How one domain stands.</summary>
/// <param name="Hostname">Host name.</param>
/// <param name="AcmStatus">
/// One of <c>pending</c> (not ordered yet), <c>ordering</c>, <c>cert issued</c>, <c>failing</c> (tried again later) and
/// <c>excluded</c> (never ordered).
/// </param>
/// <param name="AcmStatusReason">Why it is failing or excluded, and what to do; else null.</param>
/// <param name="ExpiresAt">End of the certificate that it has, or null.</param>
/// <param name="NextAttemptAt">When it is ordered or renewed next, or null.</param>
public sealed record AcmDomain(
    string Hostname, string AcmStatus, string? AcmStatusReason, DateTimeOffset? ExpiresAt, DateTimeOffset? NextAttemptAt);
