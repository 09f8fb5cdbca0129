using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>
/// Makes a slug of an exported one. Only its app layer is taken: it is unpacked with the dyno user's rights, packed anew as builds are, and
/// put on this server's own stack.
/// </summary>
internal sealed class SlugImport(DockerClient docker, Runtimes runtimes, BuildLimits limits, SlugRelease releases, Settings settings)
{
    /// <summary>Most bytes of an archive: a slug, its stack and a runtime, with room to spare.</summary>
    public const long MaxArchive = 8L << 30;

    /// <summary>Imports an archive and makes a release of it, which is on its way live when this returns.</summary>
    /// <exception cref="SlugException">It cannot be run here, or is not what it says it is.</exception>
    public async Task<Release> ImportAsync(App app, Stream archive, string user, CancellationToken ct)
    {
        await using var workshop = SlugWorkshop.Open(settings);
        var file = Path.Combine(workshop.Directory, "archive.tar");
        await SpoolAsync(archive, file, ct);
        var source = new SlugArchive(file);
        var manifest = await source.ReadManifestAsync(ct);
        if (!settings.Stacks.Contains(manifest.Stack, StringComparer.Ordinal))
        {
            throw new SlugException(
                $"The slug runs on the stack \"{manifest.Stack}\", which is not installed on this server. Installed: {string.Join(", ", settings.Stacks)}.");
        }

        var layer = await source.ExtractLayerAsync(manifest, Path.Combine(workshop.Directory, "given.tar"), limits.Slug, ct);
        var parts = new SlugParts
        {
            AppId = app.Id,
            AppName = app.ParsedName,
            Commit = manifest.Commit,
            CommittedAt = manifest.CommittedAt,
            Stack = manifest.Stack,
            Buildpacks = manifest.Buildpacks,
            Contents = manifest.Contents,
            Layer = await RepackAsync(layer, manifest, workshop.Directory, ct),
        };
        return await releases.MakeAsync(app.Id, user, async token =>
        {
            var slug = await runtimes.PinAsync(await SlugImage.LoadAsync(docker, settings, parts, token), token);
            return (slug, new SlugOrigin($"Import {slug.ShortId}", manifest.Inputs));
        }, ct);
    }

    private async Task<LayerFile> RepackAsync(LayerFile given, SlugManifest manifest, string directory, CancellationToken ct)
    {
        try
        {
            // Its names and kinds are looked at before anything is unpacked.
            await using (var tar = File.OpenRead(given.Path))
            {
                await SlugFiles.ReadAsync(tar, ct);
            }

            var files = Path.Combine(directory, "files");
            DynoUser.CreateDirectory(files);
            await using (var tar = File.OpenRead(given.Path))
            {
                await SlugImages.UnpackAsync(tar, files, ct);
            }

            var (layer, _) = await SlugLayer.WriteAsync(
                Path.Combine(files, "app"), Path.Combine(directory, "layer.tar"), manifest.CommittedAt, limits.Slug, ct);
            return layer ?? throw new SlugException($"The app in the archive is larger than {ByteSize.Format(limits.Slug)}, which is the most that a slug may have.");
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException or HostProcessException or DirectoryNotFoundException)
        {
            throw new SlugException($"The app in the archive cannot be unpacked: {e.Message}");
        }
    }

    private static async Task SpoolAsync(Stream archive, string file, CancellationToken ct)
    {
        await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[256 * 1024];
        var size = 0L;
        for (int read; (read = await archive.ReadAsync(buffer, ct)) > 0;)
        {
            size += read;
            if (size > MaxArchive)
            {
                throw new SlugException($"The archive is larger than {ByteSize.Format(MaxArchive)}; no slug is.");
            }

            await target.WriteAsync(buffer.AsMemory(0, read), ct);
        }
    }
}
