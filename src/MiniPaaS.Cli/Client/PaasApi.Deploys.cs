using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The call that deploys without git.</summary>
internal sealed partial class PaasApi
{
    /// <summary>Deploys what the body holds.</summary>
    /// <param name="app">Name of the app.</param>
    /// <param name="archive">A tar archive.</param>
    /// <param name="label">What the release is named after, or null.</param>
    /// <param name="unwrap">True to take away a folder that everything lies in.</param>
    /// <param name="begun">Told when everything was sent.</param>
    /// <param name="say">Gets every line.</param>
    /// <param name="cancellation">Ends it, as long as nothing is released.</param>
    public async Task<DeployInfo> DeployAsync(
        string app, HttpContent archive, string? label, bool unwrap, Action begun, Action<string> say, CancellationToken cancellation)
    {
        archive.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        var query = $"?unwrap={(unwrap ? "true" : "false")}" + (label is null ? "" : $"&label={Uri.EscapeDataString(label)}");
        return await FollowAsync(ApiPath.Of("apps", app, "deploys") + query, archive, begun, say, cancellation);
    }

    /// <summary>Deploys what a request names.</summary>
    public async Task<DeployInfo> DeployAsync(string app, DeployRequest request, Action begun, Action<string> say, CancellationToken cancellation)
    {
        using var content = JsonContent.Create(request, ProtocolJson.Default.DeployRequest);
        return await FollowAsync(ApiPath.Of("apps", app, "deploys"), content, begun, say, cancellation);
    }

    private async Task<DeployInfo> FollowAsync(string path, HttpContent content, Action begun, Action<string> say, CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(HttpMethod.Post, path, content, TransferTimeout, cancellation);
        begun();
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var lines = JsonSerializer.DeserializeAsyncEnumerable(body, ProtocolJson.Default.DeployEvent, topLevelValues: true, cancellation);
            await foreach (var line in lines)
            {
                if (line?.Result is { } result)
                {
                    return result;
                }
                say(line?.Line ?? "");
            }
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            throw new ServerUnreachableException(
                $"{server} broke off its answer ({exception.Message.TrimEnd('.')}). What was released by then goes on: see `paas releases`.");
        }
        throw new ServerUnreachableException($"{server} broke off its answer. What was released by then goes on: see `paas releases`.");
    }
}
