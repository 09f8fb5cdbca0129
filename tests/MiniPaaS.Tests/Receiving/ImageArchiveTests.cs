using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

/// <summary>Which archives are images, and what the engine gets of them.</summary>
public sealed class ImageArchiveTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minipaas-image-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task The_engine_gets_one_image_under_one_name_whatever_the_archive_calls_it()
    {
        var path = Write(
            ("abc.json", "{}"), ("1/layer.tar", "layer"), ("repositories", """{"minipaas/stack-bookworm":{"run":"abc"}}"""),
            ("manifest.json", """[{"Config":"abc.json","RepoTags":["minipaas/stack-bookworm:run"],"Layers":["1/layer.tar"]}]"""));

        var written = await RewriteAsync(path);

        Assert.Equal(["1/layer.tar", "abc.json", "manifest.json"], written.Keys);
        Assert.Equal("""[{"Config":"abc.json","RepoTags":["own:1"],"Layers":["1/layer.tar"]}]""", written["manifest.json"]);
    }

    [Fact]
    public async Task An_OCI_layout_is_followed_to_the_image_of_this_machine()
    {
        var architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";
        var path = Write(
            ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""),
            ("index.json", """{"manifests":[{"digest":"sha256:aa"}]}"""),
            ("blobs/sha256/aa", """{"manifests":[{"digest":"sha256:00","platform":{"os":"windows","architecture":"ARCH"}},{"digest":"sha256:bb","platform":{"os":"linux","architecture":"ARCH"}}]}""".Replace("ARCH", architecture, StringComparison.Ordinal)),
            ("blobs/sha256/bb", """{"config":{"digest":"sha256:cc"},"layers":[{"digest":"sha256:dd"}]}"""),
            ("blobs/sha256/cc", "{}"), ("blobs/sha256/dd", "layer"));

        var index = JsonNode.Parse((await RewriteAsync(path))["manifest.json"])![0]!;

        Assert.Equal("blobs/sha256/cc", index["Config"]!.GetValue<string>());
        Assert.Equal("blobs/sha256/dd", index["Layers"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"name":"a web app","icons":[]}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public async Task Source_with_a_manifest_of_its_own_is_no_image(string manifest) =>
        Assert.Null(await ImageArchive.FindAsync(Write(("manifest.json", manifest), ("index.json", "{}"), ("index.html", "")), CancellationToken.None));

    [Fact]
    public async Task Several_images_are_refused()
    {
        var image = """{"Config":"a","Layers":[]}""";
        var path = Write(("manifest.json", $"[{image},{image}]"));

        Assert.Contains("2 images", (await Assert.ThrowsAsync<SourceException>(() => ImageArchive.FindAsync(path, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    private async Task<SortedDictionary<string, string>> RewriteAsync(string path)
    {
        using var target = new MemoryStream();
        await (await ImageArchive.FindAsync(path, CancellationToken.None))!.WriteAsync(target, "own:1", CancellationToken.None);
        target.Position = 0;
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var tar = new TarReader(target);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            entries[entry.Name] = await new StreamReader(entry.DataStream!).ReadToEndAsync();
        }

        return entries;
    }

    private string Write(params (string Name, string Content)[] files)
    {
        var path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        using var tar = new TarWriter(File.Create(path));
        foreach (var (name, content) in files)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return path;
    }
}
