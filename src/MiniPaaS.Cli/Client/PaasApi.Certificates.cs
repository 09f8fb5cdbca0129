using System.Collections.Immutable;
using System.Net.Http.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>Calls about certificates.</summary>
internal sealed partial class PaasApi
{
    /// <summary>The root certificate of the platform's local CA, as PEM.</summary>
    public async Task<string> RootCertificateAsync(CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(HttpMethod.Get, ApiPath.Of("platform", "ca.pem"), null, ApiTransport.CallTimeout, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    public Task<ImmutableArray<SniEndpointInfo>> CertificatesAsync(string app, CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps", app, "sni-endpoints"), ProtocolJson.Default.ImmutableArraySniEndpointInfo, cancellation);

    public Task<SniEndpointInfo> AddCertificateAsync(string app, SniEndpointUpload upload, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post,
        ApiPath.Of("apps", app, "sni-endpoints"),
        JsonContent.Create(upload, ProtocolJson.Default.SniEndpointUpload),
        ProtocolJson.Default.SniEndpointInfo,
        cancellation);

    public Task<SniEndpointInfo> UpdateCertificateAsync(string app, string name, SniEndpointUpload upload, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app, "sni-endpoints", name),
        JsonContent.Create(upload, ProtocolJson.Default.SniEndpointUpload),
        ProtocolJson.Default.SniEndpointInfo,
        cancellation);

    public Task<SniEndpointInfo> RemoveCertificateAsync(string app, string name, CancellationToken cancellation) => SendAsync(
        HttpMethod.Delete, ApiPath.Of("apps", app, "sni-endpoints", name), null, ProtocolJson.Default.SniEndpointInfo, cancellation);

    public Task<AcmInfo> AutomaticCertificatesAsync(string app, CancellationToken cancellation) => AcmAsync(HttpMethod.Get, app, cancellation);

    public Task<AcmInfo> EnableAutomaticCertificatesAsync(string app, CancellationToken cancellation) => AcmAsync(HttpMethod.Post, app, cancellation);

    public Task<AcmInfo> DisableAutomaticCertificatesAsync(string app, CancellationToken cancellation) => AcmAsync(HttpMethod.Delete, app, cancellation);

    /// <summary>Tries again now what failed.</summary>
    public Task<AcmInfo> RefreshAutomaticCertificatesAsync(string app, CancellationToken cancellation) => AcmAsync(HttpMethod.Patch, app, cancellation);

    private Task<AcmInfo> AcmAsync(HttpMethod method, string app, CancellationToken cancellation) =>
        SendAsync(method, ApiPath.Of("apps", app, "acm"), null, ProtocolJson.Default.AcmInfo, cancellation);
}
