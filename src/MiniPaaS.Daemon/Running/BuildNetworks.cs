using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// A network for one build from a Dockerfile, alone on a bridge of its own: its RUN instructions keep Docker's default capabilities, with which
/// they could pass for others on a bridge that they share. The same firewall stands around all of them.
/// </summary>
internal sealed class BuildNetworks(DockerClient docker, Settings settings)
{
    private const string Kind = "build-network";

    /// <summary>Name that the bridges of an instance begin with, for its firewall; the kernel allows fifteen characters.</summary>
    public static string BridgesOf(Settings settings) =>
        $"b{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings.Namespace)))[..5]}-";

    /// <summary>Makes one, and returns its name.</summary>
    /// <exception cref="DockerException">The engine has no address range left.</exception>
    public async Task<string> TakeAsync(long buildId, CancellationToken ct)
    {
        var name = $"{settings.Namespace}-build-{buildId.ToString(CultureInfo.InvariantCulture)}";

        // Not cancellable: a call given up may still have made the network.
        await docker.CreateNetworkAsync(
            new NetworkSpec
            {
                Name = name,
                IccEnabled = false,
                BridgeName = $"{BridgesOf(settings)}{buildId % 100_000_000:x}",
                Labels = new Dictionary<string, string> { [DynoContainer.NamespaceLabel] = settings.Namespace, [DynoContainer.KindLabel] = Kind },
            },
            CancellationToken.None);
        if (ct.IsCancellationRequested)
        {
            await RemoveAsync(name);
            ct.ThrowIfCancellationRequested();
        }

        return name;
    }

    /// <summary>Removes one after its build; what cannot be removed now is at the next start.</summary>
    public async ValueTask RemoveAsync(string name)
    {
        // The engine takes the container of a cancelled instruction away in its own time.
        for (var pause = 50; pause < 10_000; pause *= 2)
        {
            try
            {
                await docker.RemoveNetworkAsync(name, CancellationToken.None);
                return;
            }
            catch (DockerException)
            {
                await Task.Delay(pause);
            }
        }
    }

    /// <summary>Removes those that a daemon left which died; called once at start.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken ct)
    {
        string[] labels = [$"{DynoContainer.NamespaceLabel}={settings.Namespace}", $"{DynoContainer.KindLabel}={Kind}"];
        foreach (var network in await docker.ListNetworksAsync(labels, ct))
        {
            await RemoveAsync(network.Name);
        }
    }
}
