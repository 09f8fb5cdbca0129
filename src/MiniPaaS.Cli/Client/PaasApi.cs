using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The control plane's API, one method per call.</summary>
internal sealed partial class PaasApi(ServerAddress server, string? token) : IDisposable
{
    /// <summary>Seconds for which the server may hold back the answer on a deployment that did not advance.</summary>
    private const int DeploymentWait = 25;

    /// <summary>Most items that the server gives at once.</summary>
    private const int MostOfAList = 1000;

    private readonly ApiTransport _http = new(server, token);

    public ServerAddress Server => server;

    public Task<PlatformInfo> PlatformAsync(CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("platform"), ProtocolJson.Default.PlatformInfo, cancellation);

    public Task<AppInfo> CreateAppAsync(CreateApp app, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post, ApiPath.Of("apps"), JsonContent.Create(app, ProtocolJson.Default.CreateApp), ProtocolJson.Default.AppInfo, cancellation);

    public Task<ImmutableArray<AppInfo>> AppsAsync(CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps"), ProtocolJson.Default.ImmutableArrayAppInfo, cancellation);

    public Task<AppInfo> AppAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app), ProtocolJson.Default.AppInfo, cancellation);

    public Task<AppInfo> DestroyAppAsync(string app, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app), null, ProtocolJson.Default.AppInfo, cancellation);

    public Task<ImmutableSortedDictionary<string, string>> ConfigVarsAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "config-vars"), ProtocolJson.Default.ImmutableSortedDictionaryStringString, cancellation);

    /// <summary>All config vars after the change, and the release made of it; no release when nothing has changed.</summary>
    public async Task<(ImmutableSortedDictionary<string, string> Vars, int? Release)> ChangeConfigVarsAsync(
        string app, Dictionary<string, string?> changes, CancellationToken cancellation)
    {
        var content = JsonContent.Create(changes, ProtocolJson.Default.DictionaryStringString);
        using var response = await _http.SendAsync(HttpMethod.Patch, ApiPath.Of("apps", app, "config-vars"), content, ApiTransport.CallTimeout, cancellation);
        var vars = await _http.ReadAsync(response, ProtocolJson.Default.ImmutableSortedDictionaryStringString, cancellation);
        var made = response.Headers.TryGetValues("MiniPaaS-Release", out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : (int?)null;
        return (vars, made);
    }

    public Task<ImmutableArray<FormationInfo>> FormationAsync(string app, CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps", app, "formation"), ProtocolJson.Default.ImmutableArrayFormationInfo, cancellation);

    public Task<ImmutableArray<FormationInfo>> ScaleAsync(string app, FormationUpdate update, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app, "formation"),
        JsonContent.Create(update, ProtocolJson.Default.FormationUpdate),
        ProtocolJson.Default.ImmutableArrayFormationInfo,
        cancellation);

    public Task<ImmutableArray<DynoInfo>> DynosAsync(string app, CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps", app, "dynos"), ProtocolJson.Default.ImmutableArrayDynoInfo, cancellation);

    /// <summary>Restarts one dyno, those of a process type, or (null) all dynos of the app.</summary>
    public async Task RestartAsync(string app, string? dynos, CancellationToken cancellation)
    {
        var path = dynos is null ? ApiPath.Of("apps", app, "dynos") : ApiPath.Of("apps", app, "dynos", dynos);
        using var response = await _http.SendAsync(HttpMethod.Delete, path, null, ApiTransport.CallTimeout, cancellation);
    }

    /// <summary>The newest releases.</summary>
    public Task<ImmutableArray<ReleaseInfo>> ReleasesAsync(string app, int most, CancellationToken cancellation) =>
        NewestAsync(ApiPath.Of("apps", app, "releases"), "version", most, ProtocolJson.Default.ImmutableArrayReleaseInfo, cancellation);

    public Task<ReleaseInfo> ReleaseAsync(string app, int version, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "releases", Number(version)), ProtocolJson.Default.ReleaseInfo, cancellation);

    public Task<ReleaseInfo> RollBackAsync(string app, CreateRelease rollback, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post,
        ApiPath.Of("apps", app, "releases"),
        JsonContent.Create(rollback, ProtocolJson.Default.CreateRelease),
        ProtocolJson.Default.ReleaseInfo,
        cancellation);

    /// <summary>Answers when the deployment is at another step than <paramref name="seen"/>, has finished, or some seconds passed.</summary>
    public Task<DeploymentInfo> DeploymentAsync(string app, int release, string? seen, CancellationToken cancellation)
    {
        var query = $"?wait={DeploymentWait}" + (seen is null ? "" : $"&step={Uri.EscapeDataString(seen)}");
        var path = ApiPath.Of("apps", app, "releases", Number(release), "deployment") + query;
        return GetAsync(path, ProtocolJson.Default.DeploymentInfo, cancellation);
    }

    public void Dispose() => _http.Dispose();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, null, type, cancellation);

    // A long list comes in parts, each of which says what to ask for next.
    private async Task<ImmutableArray<T>> AllAsync<T>(string path, JsonTypeInfo<ImmutableArray<T>> type, CancellationToken cancellation)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        string? range = null;
        do
        {
            using var response = await _http.SendAsync(HttpMethod.Get, path, null, range, ApiTransport.CallTimeout, cancellation);
            items.AddRange(await _http.ReadAsync(response, type, cancellation));
            range = response.Headers.TryGetValues("Next-Range", out var next) ? next.First() : null;
        }
        while (range is not null);
        return items.ToImmutable();
    }

    private async Task<ImmutableArray<T>> NewestAsync<T>(
        string path, string field, int most, JsonTypeInfo<ImmutableArray<T>> type, CancellationToken cancellation)
    {
        if (most <= 0)
        {
            return [];
        }
        var range = $"{field} ..; order=desc,max={Number(Math.Min(most, MostOfAList))}";
        using var response = await _http.SendAsync(HttpMethod.Get, path, null, range, ApiTransport.CallTimeout, cancellation);
        return await _http.ReadAsync(response, type, cancellation);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(method, path, content, ApiTransport.CallTimeout, cancellation);
        return await _http.ReadAsync(response, type, cancellation);
    }
}
