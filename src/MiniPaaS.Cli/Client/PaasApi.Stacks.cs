using System.Collections.Immutable;
using System.Net.Http.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about stacks.</summary>
internal sealed partial class PaasApi
{
    public Task<ImmutableArray<StackInfo>> StacksAsync(CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("stacks"), ProtocolJson.Default.ImmutableArrayStackInfo, cancellation);

    public Task<ImmutableSortedDictionary<string, string>> StackPackagesAsync(string stack, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("stacks", stack, "packages"), ProtocolJson.Default.ImmutableSortedDictionaryStringString, cancellation);

    public Task<AppInfo> SetStackAsync(string app, string stack, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app),
        JsonContent.Create(new AppChange(Maintenance: null, stack), ProtocolJson.Default.AppChange),
        ProtocolJson.Default.AppInfo,
        cancellation);

    /// <summary>Starts an update, whose words are the answer, the last of them done or failed; the caller disposes of the response.</summary>
    public Task<HttpResponseMessage> UpdateStackAsync(string stack, CancellationToken cancellation) =>
        _http.SendAsync(HttpMethod.Post, ApiPath.Of("stacks", stack, "update"), null, ApiTransport.CallTimeout, cancellation);

    /// <summary>Puts an app on the present image of its stack; the release's deployment goes on afterwards.</summary>
    public Task<RebaseInfo> RebaseAsync(string app, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, ApiPath.Of("apps", app, "rebase"), null, ProtocolJson.Default.RebaseInfo, cancellation);
}
