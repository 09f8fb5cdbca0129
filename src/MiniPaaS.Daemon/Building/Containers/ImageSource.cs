using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>Finds images by name: those that the engine has, and those that it can pull. A name is looked up once; from then its id counts.</summary>
internal sealed partial class ImageSource(DockerClient docker, Settings settings)
{
    private const string OwnLabel = "minipaas.kind";

    /// <summary>Finds an image, and pulls it when it is not here.</summary>
    /// <param name="name">Name, or a whole id.</param>
    /// <param name="log">Told how the pull goes.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="BuildRejectedException">It is not to be had, or belongs to an app.</exception>
    public async Task<ImageDetails> FindAsync(string name, BuildLog log, CancellationToken ct)
    {
        // Whoever knows a whole id has seen the image; its first digits can be guessed.
        if (Id().IsMatch(name))
        {
            return Checked(name, await docker.InspectImageAsync(name, ct) ?? throw Rejected($"The Docker Engine of this server has no image {name}.", "Name it by repository and tag to have it pulled."));
        }

        if (!ImageReference.TryParse(name, out var reference))
        {
            throw Rejected($"\"{Printed(name)}\" is not the name of an image, as in nginx:1.27 or registry.example.org/shop@sha256:...");
        }

        if (await docker.InspectImageAsync($"{reference}", ct) is { } found && reference.IsNameOf(found))
        {
            return Checked(name, found);
        }

        await PullAsync(reference, log, ct);
        return Checked(name, await docker.InspectImageAsync($"{reference}", ct) ?? throw Rejected($"The image {name} was removed as soon as it had been pulled. Deploy again."));
    }

    // An app's code is in its slugs: no other app may have it by their names.
    private static ImageDetails Checked(string name, ImageDetails image) => image.Config.Labels.ContainsKey(OwnLabel)
        ? throw Rejected($"The image {name} is the slug of an app.", "To carry a slug to another app: paas slugs:export, then slugs:import or deploy --archive.")
        : image;

    private async Task PullAsync(ImageReference reference, BuildLog log, CancellationToken ct)
    {
        if (reference.Registry is { } registry)
        {
            await CheckRegistryAsync(registry, ct);
        }

        await log.StepAsync($"Pulling {reference}");
        try
        {
            await docker.PullImageAsync(reference.Repository, reference.Version, log.DetailAsync, ct);
        }
        catch (DockerException e)
        {
            throw Rejected(
                $"The image {reference} is not on this server, and its Docker Engine could not pull it:",
                Printed(e.Message),
                "Check its name; or bring it here as a file: docker save IMAGE | paas deploy --archive -");
        }
    }

    // The engine's own requests pass no firewall: it is not sent to this machine or the networks around it.
    private async Task CheckRegistryAsync(string registry, CancellationToken ct)
    {
        var host = registry.Split(':')[0];
        if (settings.Packs.PrivateHosts.Any(allowed =>
            allowed.Equals(host, StringComparison.OrdinalIgnoreCase) || allowed.Equals(registry, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        try
        {
            if ((await Dns.GetHostAddressesAsync(host, ct)).All(PublicNetwork.Contains))
            {
                return;
            }
        }
        catch (SocketException)
        {
            throw Rejected($"The name of the registry {host} is not known (DNS).");
        }

        throw Rejected(
            $"The registry {registry} has an address that is not in the public internet, and the networks around this server are closed to pulls.",
            $"Its administrator can open it: MINIPAAS_PRIVATE_HOSTS={registry}");
    }

    private static string Printed(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(500)]);

    private static BuildRejectedException Rejected(string reason, params string[] more) => new(reason, [reason, .. more]);

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Id();
}
