using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>Calls about what the platform vouches for.</summary>
internal sealed partial class PaasApi
{
    /// <summary>The SBOM of a release's slug, byte for byte as it was signed.</summary>
    public async Task<byte[]> SbomAsync(string app, int release, CancellationToken cancellation)
    {
        var path = ApiPath.Of("apps", app, "releases", Number(release), "sbom");
        using var response = await _http.SendAsync(HttpMethod.Get, path, null, ApiTransport.CallTimeout, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    public Task<DsseEnvelope> ProvenanceAsync(string app, int release, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "releases", Number(release), "provenance"), ProvenanceJson.Default.DsseEnvelope, cancellation);

    public Task<ImmutableArray<SigningKeyInfo>> SigningKeysAsync(CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("platform", "signing-keys"), ProtocolJson.Default.ImmutableArraySigningKeyInfo, cancellation);

    /// <summary>Looks for a package in the live releases of all apps, or in all releases that are kept.</summary>
    public Task<AuditReport> AuditAsync(string package, bool all, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("audit") + $"?package={Uri.EscapeDataString(package)}" + (all ? "&all=true" : ""), ProtocolJson.Default.AuditReport, cancellation);
}
