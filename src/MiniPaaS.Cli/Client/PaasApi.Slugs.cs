using System.Collections.Immutable;
using System.Net.Http.Headers;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about slugs.</summary>
internal sealed partial class PaasApi
{
    // What an export or import needs before its first answer depends on the size of the slug.
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromMinutes(30);

    public Task<ImmutableArray<SlugInfo>> SlugsAsync(string app, CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps", app, "slugs"), ProtocolJson.Default.ImmutableArraySlugInfo, cancellation);

    public Task<SlugInfo> SlugAsync(string app, string slug, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "slugs", slug), ProtocolJson.Default.SlugInfo, cancellation);

    public Task<ImmutableArray<SlugFileInfo>> SlugFilesAsync(string app, string slug, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "slugs", slug, "files"), ProtocolJson.Default.ImmutableArraySlugFileInfo, cancellation);

    public Task<ImmutableArray<SlugChangeInfo>> SlugDiffAsync(string app, string before, string after, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "slugs", before, "diff", after), ProtocolJson.Default.ImmutableArraySlugChangeInfo, cancellation);

    public Task<SlugVerificationInfo> VerifySlugAsync(string app, string slug, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post, ApiPath.Of("apps", app, "slugs", slug, "verification"), null, ProtocolJson.Default.SlugVerificationInfo, cancellation);

    /// <summary>Opens a slug as an image archive; the caller disposes of the response.</summary>
    public Task<HttpResponseMessage> ExportSlugAsync(string app, string slug, CancellationToken cancellation) =>
        _http.SendAsync(HttpMethod.Get, ApiPath.Of("apps", app, "slugs", slug, "archive"), null, TransferTimeout, cancellation);

    /// <summary>Makes a slug and a release of an image archive; the release's deployment goes on afterwards.</summary>
    public async Task<SlugInfo> ImportSlugAsync(string app, Stream archive, CancellationToken cancellation)
    {
        using var content = new StreamContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        using var response = await _http.SendAsync(HttpMethod.Post, ApiPath.Of("apps", app, "slugs"), content, TransferTimeout, cancellation);
        return await _http.ReadAsync(response, ProtocolJson.Default.SlugInfo, cancellation);
    }
}
