using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>The one place that says how the wire records look in JSON: snake_case names, enums as lower-case words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    WriteIndented = false)]
[JsonSerializable(typeof(AppRoute))]
[JsonSerializable(typeof(RouteSnapshot))]
[JsonSerializable(typeof(RouteAck))]
[JsonSerializable(typeof(CertificateSet))]
[JsonSerializable(typeof(DrainStatus))]
[JsonSerializable(typeof(RouterStatus))]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(CreateApp))]
[JsonSerializable(typeof(AppInfo))]
[JsonSerializable(typeof(ImmutableArray<AppInfo>))]
[JsonSerializable(typeof(ReleaseInfo))]
[JsonSerializable(typeof(ImmutableArray<ReleaseInfo>))]
[JsonSerializable(typeof(Rollback))]
[JsonSerializable(typeof(DeploymentInfo))]
[JsonSerializable(typeof(ConfigChange))]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, string?>))]
[JsonSerializable(typeof(ImmutableArray<FormationInfo>))]
[JsonSerializable(typeof(FormationUpdate))]
[JsonSerializable(typeof(ImmutableArray<DynoInfo>))]
[JsonSerializable(typeof(ImmutableArray<BuildpackInstallation>))]
[JsonSerializable(typeof(BuildpackInstallationUpdates))]
[JsonSerializable(typeof(AppChange))]
[JsonSerializable(typeof(CreateDomain))]
[JsonSerializable(typeof(DomainInfo))]
[JsonSerializable(typeof(ImmutableArray<DomainInfo>))]
[JsonSerializable(typeof(TrafficInfo))]
[JsonSerializable(typeof(HoldRequest))]
[JsonSerializable(typeof(ImmutableArray<RoutingRuleInfo>))]
[JsonSerializable(typeof(FeatureInfo))]
[JsonSerializable(typeof(ImmutableArray<FeatureInfo>))]
[JsonSerializable(typeof(FeatureChange))]
[JsonSerializable(typeof(CanaryInfo))]
[JsonSerializable(typeof(CanaryChange))]
[JsonSerializable(typeof(CanaryEnd))]
[JsonSerializable(typeof(AppMetrics))]
[JsonSerializable(typeof(PlatformInfo))]
[JsonSerializable(typeof(SniEndpointUpload))]
[JsonSerializable(typeof(SniEndpointInfo))]
[JsonSerializable(typeof(ImmutableArray<SniEndpointInfo>))]
[JsonSerializable(typeof(AcmInfo))]
public sealed partial class ProtocolJson : JsonSerializerContext;
