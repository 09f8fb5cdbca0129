using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Tar;
using System.Net;
using System.Text;
using System.Text.Json;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>The packages of stacks and of the systems in container slugs, read once for each image: an image never changes.</summary>
internal sealed class StackInventory(DockerClient docker, Database database, Settings settings)
{
    private const string Status = "/var/lib/dpkg/status";
    private const string Installed = "/lib/apk/db/installed";
    private static readonly string[] Releases = ["/usr/lib/os-release", "/etc/os-release"];
    private const int LargestFile = 32 << 20;

    private readonly ConcurrentDictionary<string, DebianPackages> known = new(StringComparer.Ordinal);

    /// <summary>The packages of an image; none for one whose system keeps no record that is known here.</summary>
    /// <param name="image">Its id.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="DockerException">The image is gone, or its record is no plain file.</exception>
    public async Task<DebianPackages> OfAsync(string image, CancellationToken ct)
    {
        if (known.TryGetValue(image, out var packages))
        {
            return packages;
        }

        if (database.Read(db => AttestationTable.PackagesOf(db, image)) is { } stored)
        {
            return known[image] = JsonSerializer.Deserialize<DebianPackages>(stored)!;
        }

        packages = await ReadAsync(image, ct);
        await database.WriteAsync(db => AttestationTable.SetPackages(db, image, JsonSerializer.Serialize(packages)), ct);
        return known[image] = packages;
    }

    // A container that is never started shows its image's files.
    private async Task<DebianPackages> ReadAsync(string image, CancellationToken ct)
    {
        var name = $"{settings.Namespace}-packages-{Guid.NewGuid():N}";
        var labels = BuildSpec.Labels(settings).Select(label => label.Split('=', 2)).ToImmutableDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        var spec = new ContainerSpec { Image = image, Command = ["/bin/true"], NetworkMode = "none", LogDriver = "none", Labels = labels };
        try
        {
            // Not cancellable: a call given up may still have made the container.
            var container = await docker.CreateContainerAsync(name, spec, CancellationToken.None);
            return await FindAsync(container, Status, ct) is { } debian ? DebianPackages.Parse(debian, await ReleaseAsync(container, ct))
                : await FindAsync(container, Installed, ct) is { } alpine ? AlpinePackages.Parse(alpine, await ReleaseAsync(container, ct))
                : DebianPackages.None;
        }
        finally
        {
            await docker.RemoveContainerAsync(name, CancellationToken.None);
        }
    }

    private async Task<string> ReleaseAsync(string container, CancellationToken ct)
    {
        foreach (var path in Releases)
        {
            if (await FindAsync(container, path, ct) is { } release)
            {
                return release;
            }
        }

        return "";
    }

    // Images that users bring have what they like.
    private async Task<string?> FindAsync(string container, string path, CancellationToken ct)
    {
        try
        {
            return await ReadAsync(container, path, ct);
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private Task<string> ReadAsync(string container, string path, CancellationToken ct) => docker.ReadArchiveAsync(
        container,
        path,
        async (archive, token) =>
        {
            await using var tar = new TarReader(archive, leaveOpen: true);
            return await tar.GetNextEntryAsync(copyData: true, token) is { DataStream: { Length: <= LargestFile } data }
                ? await new StreamReader(data, Encoding.UTF8).ReadToEndAsync(token)
                : throw new DockerException(status: null, $"{path} of the stack's image is no plain file.");
        },
        ct);
}
