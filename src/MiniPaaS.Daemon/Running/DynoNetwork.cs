using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>The bridge network of this instance's dynos, on which they cannot talk to each other.</summary>
internal sealed class DynoNetwork(DockerClient docker, Settings settings, Addresses addresses)
{
    public string Name => settings.Namespace;

    /// <summary>Name of the bridge on the host; the kernel allows fifteen characters.</summary>
    public static string BridgeOf(Settings settings) => settings.Namespace.Length <= 15 ? settings.Namespace : settings.Namespace[..15];

    /// <exception cref="InvalidOperationException">A network of that name exists with another subnet, or the subnet is in use.</exception>
    public async Task EnsureAsync(CancellationToken ct)
    {
        var existing = await docker.InspectNetworkAsync(Name, ct);
        if (existing is null)
        {
            await CreateAsync(ct);
        }
        else if (existing.Subnet != settings.Subnet.ToString())
        {
            throw new InvalidOperationException(
                $"The Docker network {Name} has the subnet {existing.Subnet}, but MINIPAAS_SUBNET is {settings.Subnet}. "
                + $"Set MINIPAAS_SUBNET to {existing.Subnet}, or stop all apps and remove the network.");
        }
    }

    private async Task CreateAsync(CancellationToken ct)
    {
        var network = new NetworkSpec
        {
            Name = Name,
            Subnet = settings.Subnet.ToString(),
            Gateway = addresses.Gateway.ToString(),
            IccEnabled = false,
            BridgeName = BridgeOf(settings),
            Labels = new Dictionary<string, string> { [DynoContainer.NamespaceLabel] = settings.Namespace },
        };
        try
        {
            await docker.CreateNetworkAsync(network, ct);
        }
        catch (DockerException e)
        {
            throw new InvalidOperationException(
                $"The Docker network {Name} with the subnet {network.Subnet} could not be made: {e.Message}. "
                + "If the subnet is in use, set MINIPAAS_SUBNET to a free one.",
                e);
        }
    }
}
