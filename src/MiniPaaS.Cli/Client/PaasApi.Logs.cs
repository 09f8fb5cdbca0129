using System.Collections.Immutable;
using System.Net.Http.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about logs.</summary>
internal sealed partial class PaasApi
{
    /// <summary>Opens the app's log as server-sent events, one line each; the caller disposes of the response.</summary>
    public async Task<HttpResponseMessage> LogsAsync(string app, CreateLogSession wanted, CancellationToken cancellation)
    {
        var session = await SendAsync(
            HttpMethod.Post,
            ApiPath.Of("apps", app, "log-sessions"),
            JsonContent.Create(wanted, ProtocolJson.Default.CreateLogSession),
            ProtocolJson.Default.LogSessionInfo,
            cancellation);

        // The same server by the address that it is known by here.
        var address = new Uri(session.LogplexUrl);
        return await _http.SendAsync(HttpMethod.Get, address.PathAndQuery, null, ApiTransport.CallTimeout, cancellation);
    }

    public Task<ImmutableArray<LogDrainInfo>> DrainsAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "log-drains"), ProtocolJson.Default.ImmutableArrayLogDrainInfo, cancellation);

    public Task<LogDrainInfo> AddDrainAsync(string app, string url, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post,
        ApiPath.Of("apps", app, "log-drains"),
        JsonContent.Create(new CreateLogDrain(url), ProtocolJson.Default.CreateLogDrain),
        ProtocolJson.Default.LogDrainInfo,
        cancellation);

    /// <summary>Removes a drain by its address, token or id.</summary>
    public Task<LogDrainInfo> RemoveDrainAsync(string app, string drain, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app, "log-drains", drain), null, ProtocolJson.Default.LogDrainInfo, cancellation);
}
