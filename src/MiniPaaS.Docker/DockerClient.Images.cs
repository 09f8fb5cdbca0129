using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    /// <summary>One image by reference or id; null when there is none.</summary>
    public async Task<ImageDetails?> InspectImageAsync(string reference, CancellationToken ct) =>
        (await FindAsync($"/images/{EscapePath(reference)}/json", DockerJson.Default.ImageInspect, ct))?.ToDetails();

    /// <summary>Adds the images of an archive (docker save, or <see cref="LayeredImage"/>).</summary>
    public Task LoadImageAsync(Stream tar, CancellationToken ct) => LoadImageAsync(tar.CopyToAsync, ct);

    /// <summary>Adds the images of an archive that <paramref name="write"/> writes while it is sent.</summary>
    public async Task LoadImageAsync(Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        using var response = await UploadAsync(HttpMethod.Post, "/images/load?quiet=true", write, ct);
        await FollowProgressAsync(response, ct);
    }

    /// <summary>Adds an image of one more layer over a base the engine has, sending only that layer, and returns its id.</summary>
    public async Task<string> LoadLayeredImageAsync(ImageDetails baseImage, LayeredImageSpec spec, CancellationToken ct)
    {
        var baseLayers = await GetLayersAsync(baseImage, ct);
        await LoadImageAsync((output, token) => LayeredImage.WriteAsync(output, baseImage, baseLayers, spec, token), ct);
        // Its config's digest, or its manifest's: each kind of engine has its own.
        return (await InspectImageAsync(spec.Tag, ct))?.Id
            ?? throw new DockerException(status: null, $"the Docker Engine loaded {spec.Tag} and does not have it");
    }

    /// <summary>Writes an image with all its layers as an archive (docker save).</summary>
    public async Task SaveImageAsync(string reference, Stream output, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/images/{EscapePath(reference)}/get", content: null, ct);
        await using var archive = await response.Content.ReadAsStreamAsync(ct);
        await archive.CopyToAsync(output, ct);
    }

    /// <summary>Makes an image of one layer from a root file system; <paramref name="changes"/> are Dockerfile lines such as ENV, CMD, USER or LABEL.</summary>
    public async Task ImportImageAsync(
        Stream rootTar, string repository, string tag, IReadOnlyList<string> changes, CancellationToken ct)
    {
        var path = $"/images/create?fromSrc=-&repo={Escape(repository)}&tag={Escape(tag)}"
            + string.Concat(changes.Select(change => $"&changes={Escape(change)}"));
        using var response = await UploadAsync(HttpMethod.Post, path, rootTar.CopyToAsync, ct);
        await FollowProgressAsync(response, ct);
    }

    /// <summary>Gives an image a further name; another image that had it loses it.</summary>
    public Task TagImageAsync(string reference, string repository, string tag, CancellationToken ct) =>
        CallAsync(
            HttpMethod.Post, $"/images/{EscapePath(reference)}/tag?repo={Escape(repository)}&tag={Escape(tag)}", content: null, ct);

    /// <summary>Takes a name away, and the image with its last name; missing is a success. An image in use, or an id with several names, fails with Conflict.</summary>
    public Task RemoveImageAsync(string reference, CancellationToken ct) =>
        CallAsync(HttpMethod.Delete, $"/images/{EscapePath(reference)}", content: null, ct, HttpStatusCode.NotFound);

    /// <summary>All images that bear every one of the labels ("key" or "key=value").</summary>
    public async Task<ImmutableArray<ImageSummary>> ListImagesAsync(IReadOnlyList<string> labels, CancellationToken ct)
    {
        var items = await GetAsync($"/images/json?filters={Filters(("label", labels))}", DockerJson.Default.ImageListItemArray, ct);
        return [.. items.Select(item => item.ToSummary())];
    }

    /// <summary>Reads a progress stream to its end, where alone a failure shows: the status was sent before the work.</summary>
    private Task FollowProgressAsync(HttpResponseMessage response, CancellationToken ct) =>
        FollowProgressAsync(response, _ => ValueTask.CompletedTask, ct);

    private async Task FollowProgressAsync(HttpResponseMessage response, Func<ProgressLine, ValueTask> follow, CancellationToken ct)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            var lines = JsonSerializer.DeserializeAsyncEnumerable(body, DockerJson.Default.ProgressLine, topLevelValues: true, ct);
            await foreach (var line in lines)
            {
                if (line?.Error is { } error)
                    throw new DockerException(status: null, error);
                if (line is not null)
                    await follow(line);
            }
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw Broken(e);
        }
    }
}
