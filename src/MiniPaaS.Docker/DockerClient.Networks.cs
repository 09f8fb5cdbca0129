using System.Collections.Immutable;
using System.Net;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    /// <summary>One network by name or id; null when there is none.</summary>
    public async Task<NetworkDetails?> InspectNetworkAsync(string name, CancellationToken ct) =>
        (await FindAsync($"/networks/{Escape(name)}", DockerJson.Default.NetworkInspect, ct))?.ToDetails();

    /// <summary>Makes a bridge network and returns its id. A name in use fails with Conflict, a range in use with Forbidden.</summary>
    public async Task<string> CreateNetworkAsync(NetworkSpec spec, CancellationToken ct) =>
        (await PostAsync(
            "/networks/create", NetworkCreate.From(spec), DockerJson.Default.NetworkCreate, DockerJson.Default.CreatedId, ct)).Id;

    /// <summary>Removes a network; missing is a success, containers in it make it fail with Forbidden.</summary>
    public Task RemoveNetworkAsync(string name, CancellationToken ct) =>
        CallAsync(HttpMethod.Delete, $"/networks/{Escape(name)}", content: null, ct, HttpStatusCode.NotFound);

    /// <summary>All networks that bear every one of the labels ("key" or "key=value").</summary>
    public async Task<ImmutableArray<NetworkDetails>> ListNetworksAsync(IReadOnlyList<string> labels, CancellationToken ct)
    {
        var items = await GetAsync($"/networks?filters={Filters(("label", labels))}", DockerJson.Default.NetworkInspectArray, ct);
        return [.. items.Select(item => item.ToDetails())];
    }
}
