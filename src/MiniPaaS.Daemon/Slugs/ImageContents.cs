using System.Formats.Tar;
using System.IO.Pipelines;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>Compares what the engine holds of an image with the digests that the image's id stands for: nothing else can be known of one that was built elsewhere.</summary>
internal sealed class ImageContents(DockerClient docker)
{
    /// <summary>Reads every layer, and says in a sentence what came of it.</summary>
    /// <exception cref="SlugException">The image is gone, or is not what its id says.</exception>
    public async Task<string> CheckAsync(Slug slug, CancellationToken ct)
    {
        var image = await docker.InspectImageAsync(slug.Id, ct)
            ?? throw new SlugException($"The image of slug {slug.ShortId} is gone from the Docker Engine. Deploy it again.");
        var found = await DigestsAsync(slug.Id, ct);
        var missing = image.RootFS.Layers.Append(slug.Id).Where(digest => !found.Contains(digest)).ToArray();
        return missing.Length == 0
            ? $"What the Docker Engine holds of it is what its id says, to the bit: its config and {image.RootFS.Layers.Length} layers."
            : throw new SlugException(
                $"What the Docker Engine holds of slug {slug.ShortId} is not what its id says: {string.Join(", ", missing)} came out differently. Deploy the image again.");
    }

    private async Task<HashSet<string>> DigestsAsync(string id, CancellationToken ct)
    {
        var pipe = new Pipe();
        var saving = SaveAsync(id, pipe.Writer, ct);
        var digests = new HashSet<string>(StringComparer.Ordinal);
        await using var archive = pipe.Reader.AsStream();
        await using (var tar = new TarReader(archive, leaveOpen: true))
        {
            while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
            {
                if (entry.DataStream is { } content)
                {
                    digests.Add($"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct))}");
                }
            }
        }

        await archive.CopyToAsync(Stream.Null, ct);
        await saving;
        return digests;
    }

    private async Task SaveAsync(string id, PipeWriter target, CancellationToken ct)
    {
        Exception? problem = null;
        try
        {
            await using var stream = target.AsStream(leaveOpen: true);
            await docker.SaveImageAsync(id, stream, ct);
        }
        catch (Exception e) when (e is DockerException or IOException or OperationCanceledException)
        {
            problem = e;
        }

        await target.CompleteAsync(problem);
    }
}
