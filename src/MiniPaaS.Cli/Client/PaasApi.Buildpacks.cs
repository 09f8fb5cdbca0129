using System.Collections.Immutable;
using System.Net.Http.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>The calls about what an app is built with.</summary>
internal sealed partial class PaasApi
{
    public Task<ImmutableArray<BuildpackInstallation>> BuildpacksAsync(string app, CancellationToken cancellation) =>
        GetAsync(ApiPath.Of("apps", app, "buildpack-installations"), ProtocolJson.Default.ImmutableArrayBuildpackInstallation, cancellation);

    /// <summary>Replaces the whole list.</summary>
    public Task<ImmutableArray<BuildpackInstallation>> SetBuildpacksAsync(string app, IEnumerable<string> buildpacks, CancellationToken cancellation) => SendAsync(
        HttpMethod.Put,
        ApiPath.Of("apps", app, "buildpack-installations"),
        JsonContent.Create(
            new BuildpackInstallationUpdates([.. buildpacks.Select(buildpack => new BuildpackInstallationUpdate(buildpack))]),
            ProtocolJson.Default.BuildpackInstallationUpdates),
        ProtocolJson.Default.ImmutableArrayBuildpackInstallation,
        cancellation);
}
