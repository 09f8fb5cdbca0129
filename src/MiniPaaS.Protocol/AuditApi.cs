using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>A key that this installation signs provenance with, or has signed with.</summary>
/// <param name="Id">SHA-256 of the public key, as envelopes name it.</param>
/// <param name="Current">True for the one that signs now; the others are trusted for what they have signed.</param>
/// <param name="Pem">The public key.</param>
public sealed record SigningKeyInfo(string Id, bool Current, string Pem);

/// <summary>Which releases contain a package.</summary>
/// <param name="Matches">One entry for each version of the package in each release.</param>
/// <param name="Unknown">Releases that could not be looked at: their slugs have no SBOM.</param>
/// <param name="Releases">Number of releases that were looked at.</param>
public sealed record AuditReport(ImmutableArray<AuditMatch> Matches, ImmutableArray<AuditRelease> Unknown, int Releases);

/// <summary>A package that a release contains.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Release">Number of the release.</param>
/// <param name="Current">True for the live release.</param>
/// <param name="Ecosystem">Kind of package, as in <c>npm</c> (the type of its package URL).</param>
/// <param name="Package">Name with its group, as in <c>@angular/core</c>.</param>
/// <param name="Version">Version.</param>
/// <param name="Purl">Package URL.</param>
public sealed record AuditMatch(string App, int Release, bool Current, string Ecosystem, string Package, string Version, string Purl);

/// <summary>A release of an audit.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Release">Number of the release.</param>
/// <param name="Current">True for the live release.</param>
public sealed record AuditRelease(string App, int Release, bool Current);
