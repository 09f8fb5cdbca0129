using System.Collections.Immutable;
using System.Text;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>
/// Writes a slug as an image that runs on any engine: the slug, and one more layer with what the platform lends to dynos (the .NET
/// runtime) and a program, <c>start TYPE</c>, that starts a process as a dyno does.
/// </summary>
internal sealed class SlugExport(DockerClient docker, Runtimes runtimes, Settings settings)
{
    private const string Kind = "export";
    private static readonly SemaphoreSlim Turn = new(1, 1);

    /// <summary>Name that the image has where it is loaded.</summary>
    public string NameOf(string app, KnownSlug known) => $"{settings.Namespace}/{app}:{known.Releases[^1].Version}";

    /// <summary>Writes the archive (docker save's).</summary>
    /// <param name="app">Name of the app.</param>
    /// <param name="known">The slug.</param>
    /// <param name="output">Opens what is written to, once the archive is about to be written.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="SlugException">The slug's image is gone.</exception>
    public async Task WriteAsync(string app, KnownSlug known, Func<Stream> output, CancellationToken ct)
    {
        var image = await docker.InspectImageAsync(known.Slug.Id, ct)
            ?? throw new SlugException($"The image of slug {known.Slug.ShortId} is gone from the Docker Engine; there is nothing to export.");
        await using var workshop = SlugWorkshop.Open(settings);
        var name = NameOf(app, known);

        // One at a time: two exports of a slug would take the name away from each other.
        await Turn.WaitAsync(ct);
        try
        {
            await NameAsync(known, image, name, workshop.Directory, ct);
            await docker.SaveImageAsync(name, output(), ct);
        }
        finally
        {
            await docker.RemoveImageAsync(name, CancellationToken.None);
            Turn.Release();
        }
    }

    /// <summary>Removes the images of exports that a daemon died over; called once at start.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken ct)
    {
        var labels = (string[])[$"{DynoContainer.NamespaceLabel}={settings.Namespace}", $"{DynoContainer.KindLabel}={Kind}"];
        foreach (var tag in (await docker.ListImagesAsync(labels, ct)).SelectMany(image => image.RepoTags))
        {
            await docker.RemoveImageAsync(tag, ct);
        }
    }

    // A container runs anywhere as it is.
    private async Task NameAsync(KnownSlug known, ImageDetails image, string name, string directory, CancellationToken ct)
    {
        if (known.Slug.IsContainer)
        {
            var colon = name.LastIndexOf(':');
            await docker.TagImageAsync(image.Id, name[..colon], name[(colon + 1)..], ct);
        }
        else
        {
            await docker.LoadLayeredImageAsync(image, await SpecAsync(known, image, name, directory, ct), ct);
        }
    }

    private async Task<LayeredImageSpec> SpecAsync(KnownSlug known, ImageDetails image, string name, string directory, CancellationToken ct) => new()
    {
        Layer = await LayerAsync(known, image.Created, directory, ct),
        Tag = name,
        Created = image.Created,
        CreatedBy = "what a dyno gets of the platform",
        Env = ["PORT=5000"],
        Cmd = ["/usr/local/bin/start"],
        Labels = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
        [
            new(DynoContainer.KindLabel, Kind),
            new KeyValuePair<string, string>(SlugManifest.Label, SlugManifest.Of(known, image.RootFS.Layers[^1], image.Created).Write()),
        ]),
    };

    private async Task<LayerFile> LayerAsync(KnownSlug known, DateTimeOffset time, string directory, CancellationToken ct)
    {
        var bin = Directory.CreateDirectory(Path.Combine(directory, "usr", "local", "bin")).FullName;
        var start = Path.Combine(bin, "start");
        await File.WriteAllTextAsync(start, StartProgram.Of(known.Slug.ProcessTypes), new UTF8Encoding(false), ct);
        File.SetUnixFileMode(start, (UnixFileMode)0b111_101_101);
        var lent = known.Slug.Mounts.SelectMany(mount =>
            (string[])["--directory", runtimes.Root, $"--transform=flags=rSh;s,^{mount},usr/share/dotnet,", mount]);
        await using var tar = HostProcess.Start(
            [
                "tar", "--create", "--format=gnu", "--sort=name", $"--mtime=@{time.ToUnixTimeSeconds()}", "--owner=0", "--group=0", "--numeric-owner",
                "--mode=u+rwX,go+rX,go-w,a-st", "--file=-", "--directory", directory, "usr", .. lent,
            ],
            "/",
            environment: null);
        tar.Input.Close();
        var layer = await SlugLayer.SaveAsync(tar.Output, Path.Combine(directory, "layer.tar"), long.MaxValue, ct);
        await tar.EnsureSuccessAsync(ct);
        return layer!;
    }
}
