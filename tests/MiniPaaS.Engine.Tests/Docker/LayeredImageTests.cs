using System.Collections.Immutable;
using System.Formats.Tar;
using System.Text.Json;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

public sealed class LayeredImageTests
{
    private static readonly string BaseLayer = "sha256:" + new string('b', 64);

    private static readonly LayerBlob BaseBlob = new("application/vnd.oci.image.layer.v1.tar+gzip", "sha256:" + new string('c', 64), 9);

    private static readonly ImageDetails Base = new()
    {
        Id = "sha256:" + new string('a', 64),
        Created = DateTimeOffset.UnixEpoch,
        Architecture = "amd64",
        Os = "linux",
        Config = new ImageConfig { Env = ["A=1", "B=2"], StopSignal = "SIGINT", Labels = new Dictionary<string, string> { ["z"] = "base" } },
        RootFS = new ImageRootFS([BaseLayer]),
    };

    [Fact]
    public async Task The_same_facts_in_another_order_give_the_same_archive_byte_for_byte()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory);
        var reordered = spec with { Labels = new Dictionary<string, string> { ["x"] = "2", ["y"] = "1" } };
        var (firstId, first) = await WriteAsync(spec with { Labels = new Dictionary<string, string> { ["y"] = "1", ["x"] = "2" } });
        var (secondId, second) = await WriteAsync(reordered);

        Assert.Equal(firstId, secondId);
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public async Task Every_fact_is_part_of_the_id()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory);
        LayeredImageSpec[] different =
        [
            spec,
            spec with { Env = ["C=3"] },
            spec with { Cmd = ["other"] },
            spec with { User = "1" },
            spec with { WorkingDir = "/other" },
            spec with { CreatedBy = "other" },
            spec with { Created = spec.Created.AddTicks(1) },
            spec with { Labels = new Dictionary<string, string> { ["y"] = "2" } },
            spec with { Layer = await LayerTar.WriteAsync(directory, "other"u8.ToArray(), EngineFixture.Deadline()) },
        ];
        var ids = new HashSet<string>();
        foreach (var one in different)
            ids.Add((await WriteAsync(one)).Id);

        Assert.Equal(different.Length, ids.Count);
    }

    [Fact]
    public async Task The_archive_holds_both_formats_and_only_the_new_layer()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory);
        var (id, archive) = await WriteAsync(spec);
        var files = await ReadAsync(archive);

        var docker = JsonDocument.Parse(files["manifest.json"]).RootElement[0];
        var index = JsonDocument.Parse(files["index.json"]).RootElement.GetProperty("manifests")[0];
        var manifest = JsonDocument.Parse(files[Blob(index.GetProperty("digest").GetString()!)]).RootElement;
        var config = JsonDocument.Parse(files[Blob(id)]).RootElement;
        Assert.Equal([Blob(BaseLayer), Blob(spec.Layer!.DiffId)], Strings(docker.GetProperty("Layers")));
        Assert.Equal(Blob(id), docker.GetProperty("Config").GetString());
        Assert.Equal(id, manifest.GetProperty("config").GetProperty("digest").GetString());
        Assert.Equal(
            [BaseBlob, LayerBlob.Of(spec.Layer)],
            manifest.GetProperty("layers").EnumerateArray().Select(layer => new LayerBlob(
                layer.GetProperty("mediaType").GetString()!, layer.GetProperty("digest").GetString()!, layer.GetProperty("size").GetInt64())));
        Assert.Equal("docker.io/some/app:v1", index.GetProperty("annotations").GetProperty("io.containerd.image.name").GetString());
        Assert.Equal(await File.ReadAllBytesAsync(spec.Layer.Path), files[Blob(spec.Layer!.DiffId)]);
        Assert.DoesNotContain(Blob(BaseLayer), files.Keys);
        Assert.Equal(6, files.Count);
        Assert.Equal(["A=1", "B=2"], Strings(config.GetProperty("config").GetProperty("Env")));
        Assert.Equal("base", config.GetProperty("config").GetProperty("Labels").GetProperty("z").GetString());
        Assert.Equal("SIGINT", config.GetProperty("config").GetProperty("StopSignal").GetString());
        Assert.Equal(2, config.GetProperty("history").GetArrayLength());
    }

    [Fact]
    public async Task A_layer_that_changed_after_it_was_measured_is_refused()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory);
        await File.AppendAllTextAsync(spec.Layer!.Path, "more");

        var error = await Assert.ThrowsAsync<IOException>(() => WriteAsync(spec));
        Assert.Contains(spec.Layer.Path, error.Message);
    }

    private static async Task<LayeredImageSpec> SpecAsync(TemporaryDirectory directory) => new()
    {
        Layer = await LayerTar.WriteAsync(directory, "content"u8.ToArray(), EngineFixture.Deadline()),
        Tag = "some/app:v1",
        Created = DateTimeOffset.UnixEpoch,
        Labels = ImmutableDictionary<string, string>.Empty,
    };

    private static async Task<(string Id, MemoryStream Archive)> WriteAsync(LayeredImageSpec spec)
    {
        var archive = new MemoryStream();
        return (await LayeredImage.WriteAsync(archive, Base, [BaseBlob], spec, EngineFixture.Deadline()), archive);
    }

    private static async Task<Dictionary<string, byte[]>> ReadAsync(MemoryStream archive)
    {
        archive.Position = 0;
        await using var tar = new TarReader(archive);
        var files = new Dictionary<string, byte[]>();
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var data = new MemoryStream();
            await entry.DataStream!.CopyToAsync(data);
            files.Add(entry.Name, data.ToArray());
        }
        return files;
    }

    private static string Blob(string digest) => "blobs/" + digest.Replace(':', '/');

    private static IEnumerable<string> Strings(JsonElement array) => array.EnumerateArray().Select(one => one.GetString()!);
}
