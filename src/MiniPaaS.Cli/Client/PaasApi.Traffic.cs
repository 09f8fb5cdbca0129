using System.Collections.Immutable;
using System.Net.Http.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about an app's visitors.</summary>
internal sealed partial class PaasApi
{
    public Task<ImmutableArray<DomainInfo>> DomainsAsync(string app, CancellationToken cancellation) =>
        AllAsync(ApiPath.Of("apps", app, "domains"), ProtocolJson.Default.ImmutableArrayDomainInfo, cancellation);

    public Task<DomainInfo> AddDomainAsync(string app, string host, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post,
        ApiPath.Of("apps", app, "domains"),
        JsonContent.Create(new CreateDomain(host), ProtocolJson.Default.CreateDomain),
        ProtocolJson.Default.DomainInfo,
        cancellation);

    public Task<DomainInfo> RemoveDomainAsync(string app, string host, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app, "domains", host), null, ProtocolJson.Default.DomainInfo, cancellation);

    public Task<AppInfo> SetMaintenanceAsync(string app, bool on, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app),
        JsonContent.Create(new AppChange(on), ProtocolJson.Default.AppChange),
        ProtocolJson.Default.AppInfo,
        cancellation);

    public Task<TrafficInfo> TrafficAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "traffic"), ProtocolJson.Default.TrafficInfo, cancellation);

    public Task<TrafficInfo> HoldAsync(string app, int seconds, CancellationToken cancellation) => SendAsync(
        HttpMethod.Post,
        ApiPath.Of("apps", app, "traffic", "hold"),
        JsonContent.Create(new HoldRequest(seconds), ProtocolJson.Default.HoldRequest),
        ProtocolJson.Default.TrafficInfo,
        cancellation);

    public Task<TrafficInfo> ResumeAsync(string app, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app, "traffic", "hold"), null, ProtocolJson.Default.TrafficInfo, cancellation);

    public Task<ImmutableArray<RoutingRuleInfo>> RoutingAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "routing"), ProtocolJson.Default.ImmutableArrayRoutingRuleInfo, cancellation);

    /// <summary>Sets rules, or takes them back (null).</summary>
    public Task<ImmutableArray<RoutingRuleInfo>> SetRoutingAsync(string app, Dictionary<string, string?> changes, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app, "routing"),
        JsonContent.Create(changes, ProtocolJson.Default.DictionaryStringString),
        ProtocolJson.Default.ImmutableArrayRoutingRuleInfo,
        cancellation);

    public Task<ImmutableArray<FeatureInfo>> FeaturesAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "features"), ProtocolJson.Default.ImmutableArrayFeatureInfo, cancellation);

    public Task<FeatureInfo> SetFeatureAsync(string app, string feature, bool enabled, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app, "features", feature),
        JsonContent.Create(new FeatureChange(enabled), ProtocolJson.Default.FeatureChange),
        ProtocolJson.Default.FeatureInfo,
        cancellation);

    public Task<CanaryInfo> CanaryAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "canary"), ProtocolJson.Default.CanaryInfo, cancellation);

    public Task<CanaryInfo> SetCanaryAsync(string app, int percent, CancellationToken cancellation) => SendAsync(
        HttpMethod.Patch,
        ApiPath.Of("apps", app, "canary"),
        JsonContent.Create(new CanaryChange(percent), ProtocolJson.Default.CanaryChange),
        ProtocolJson.Default.CanaryInfo,
        cancellation);

    /// <summary>Commits the canary's flip; its deployment goes on afterwards.</summary>
    public Task<CanaryEnd> PromoteCanaryAsync(string app, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, ApiPath.Of("apps", app, "canary"), null, ProtocolJson.Default.CanaryEnd, cancellation);

    public Task<CanaryEnd> AbortCanaryAsync(string app, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, ApiPath.Of("apps", app, "canary"), null, ProtocolJson.Default.CanaryEnd, cancellation);

    public Task<AppMetrics> MetricsAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "metrics"), ProtocolJson.Default.AppMetrics, cancellation);

    /// <summary>Opens the platform's metrics as Prometheus' text; the caller disposes of the response.</summary>
    public Task<HttpResponseMessage> AllMetricsAsync(CancellationToken cancellation) =>
        _http.SendAsync(HttpMethod.Get, ApiPath.Of("metrics"), null, ApiTransport.CallTimeout, cancellation);
}
