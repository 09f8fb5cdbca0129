using System.Collections.Immutable;
using System.Globalization;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about builds.</summary>
internal sealed partial class PaasApi
{
    /// <summary>The newest builds.</summary>
    public Task<ImmutableArray<BuildInfo>> BuildsAsync(string app, int most, CancellationToken cancellation) =>
        NewestAsync(ApiPath.Of("apps", app, "builds"), "created_at", most, ProtocolJson.Default.ImmutableArrayBuildInfo, cancellation);

    /// <summary>Opens what a build says, to its end; the caller disposes of the response.</summary>
    public Task<HttpResponseMessage> BuildOutputAsync(string app, long build, CancellationToken cancellation) =>
        _http.SendAsync(HttpMethod.Get, ApiPath.Of("apps", app, "builds", Number(build), "output"), null, ApiTransport.CallTimeout, cancellation);

    public Task<BuildInfo> CancelBuildAsync(string app, long build, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app, "builds", Number(build)), null, ProtocolJson.Default.BuildInfo, cancellation);

    public async Task PurgeBuildCacheAsync(string app, CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(
            HttpMethod.Delete, ApiPath.Of("apps", app, "build-cache"), null, ApiTransport.CallTimeout, cancellation);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
