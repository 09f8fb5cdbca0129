using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>A slug as a file: it runs without the platform, comes back as a release, and is believed nothing.</summary>
public sealed class SlugTransferTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task An_exported_slug_runs_on_a_plain_engine_and_comes_back_as_a_release()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "slug-export");
        var file = Path.Combine(Platform.Directory, "export.tar");
        await app.PaasAsync("slugs:export", "v1", "-o", file);

        var image = $"{Platform.Namespace}/slug-export:v1";
        var container = $"{Platform.Namespace}-elsewhere";
        Assert.Contains(image, (await Command.RunAsync("docker", ["load", "--input", file])).Expect().Output, StringComparison.Ordinal);
        (await Command.RunAsync("docker", ["run", "--detach", "--name", container, "--network", "none", image])).Expect();
        try
        {
            await Eventually.HoldsAsync("the exported slug answers", async () =>
                (await Command.RunAsync("docker", ["exec", container, "curl", "-s", "http://localhost:5000/"])).Output == "version 1");
            Assert.Equal(2, (await Command.RunAsync("docker", ["exec", container, "start", "nothing"])).ExitCode);
        }
        finally
        {
            await Command.RunAsync("docker", ["rm", "--force", container]);
            await Command.RunAsync("docker", ["rmi", image]);
        }

        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        await app.PaasAsync("slugs:import", file);
        Assert.Equal("version 1", await app.GetAsync());
        var releases = await app.ReleasesAsync();
        Assert.StartsWith("Import ", releases[0].Description, StringComparison.Ordinal);
        Assert.Equal(releases[2].Slug, releases[0].Slug);
        Assert.Contains("the same to the bit", await app.PaasAsync("slugs:verify", "v3"), StringComparison.Ordinal);

        await PlantAByteAsync(app, file);
        await RefuseHostileArchivesAsync(app, file);
    }

    // An archive whose digests are all right: it just does not hold what its commit makes.
    private static async Task PlantAByteAsync(TestApp app, string exported)
    {
        var forged = exported + ".forged";
        await ForgedArchive.WriteAsync(exported, forged, layer => ForgedArchive.Replace(layer, "app/version", "9\n"), honest: true);
        await app.PaasAsync("slugs:import", forged);
        Assert.Equal("version 9", await app.GetAsync());

        var verify = await app.TryPaasAsync("slugs:verify", "v4");

        Assert.Equal(1, verify.ExitCode);
        Assert.Contains("is not what its inputs make", verify.Errors, StringComparison.Ordinal);
        Assert.Equal(["changed", "2", "2", "version", "content"], verify.Output.TrimEnd('\n').Split('\t'));
    }

    private static async Task RefuseHostileArchivesAsync(TestApp app, string exported)
    {
        var hostile = exported + ".hostile";
        await ForgedArchive.WriteAsync(exported, hostile, layer => ForgedArchive.Replace(layer, "app/version", "8\n"), honest: false);
        Assert.Contains("was tampered with", (await app.TryPaasAsync("slugs:import", hostile)).Errors, StringComparison.Ordinal);
        foreach (var name in (string[])["app/../../../../etc/minipaas-was-here", "etc/minipaas-was-here", "/app/x"])
        {
            await ForgedArchive.WriteAsync(exported, hostile, layer => ForgedArchive.Add(layer, new GnuTarEntry(TarEntryType.RegularFile, name)), honest: true);
            Assert.Contains("lies outside of /app", (await app.TryPaasAsync("slugs:import", hostile)).Errors, StringComparison.Ordinal);
        }

        await ForgedArchive.WriteAsync(exported, hostile, layer => ForgedArchive.Add(layer, new GnuTarEntry(TarEntryType.Fifo, "app/pipe")), honest: true);
        Assert.Contains("neither a file", (await app.TryPaasAsync("slugs:import", hostile)).Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(hostile, "no archive at all");
        Assert.Contains("not an archive of a slug", (await app.TryPaasAsync("slugs:import", hostile)).Errors, StringComparison.Ordinal);
        Assert.False(File.Exists("/etc/minipaas-was-here"));
        Assert.Equal(4, (await app.InfoAsync()).Release);
        Assert.Equal("version 9", await app.GetAsync());
    }
}

/// <summary>An exported slug with another app layer in it, and nothing of its stack.</summary>
internal static class ForgedArchive
{
    private const string Label = "minipaas.slug";

    /// <summary>Writes an archive.</summary>
    /// <param name="exported">Archive to forge.</param>
    /// <param name="target">File to write.</param>
    /// <param name="change">Makes the layer.</param>
    /// <param name="honest">True to state the digest of the layer that is in it, false to state that of the exported one.</param>
    public static async Task WriteAsync(string exported, string target, Func<byte[], byte[]> change, bool honest)
    {
        var (config, layer) = await ReadAsync(exported);
        var forged = change(layer);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(honest ? forged : layer))}";
        var manifest = JsonNode.Parse(config["config"]!["Labels"]![Label]!.GetValue<string>())!;
        manifest["Layer"] = digest;
        var forgedConfig = new JsonObject
        {
            ["config"] = new JsonObject { ["Labels"] = new JsonObject { [Label] = manifest.ToJsonString() } },
            ["rootfs"] = new JsonObject { ["diff_ids"] = new JsonArray(digest) },
        };
        await using var tar = new TarWriter(File.Create(target));
        await AddAsync(tar, "config.json", Encoding.UTF8.GetBytes(forgedConfig.ToJsonString()));
        await AddAsync(tar, "layer.tar", forged);
        await AddAsync(tar, "manifest.json", """[{"Config":"config.json","RepoTags":[],"Layers":["layer.tar"]}]"""u8.ToArray());
    }

    /// <summary>A layer with another content of one file.</summary>
    public static byte[] Replace(byte[] layer, string name, string content) => Copy(layer, (entry, writer) =>
    {
        if (entry.Name == name)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }

        writer.WriteEntry(entry);
    });

    /// <summary>A layer with one more entry.</summary>
    public static byte[] Add(byte[] layer, TarEntry added)
    {
        var first = true;
        return Copy(layer, (entry, writer) =>
        {
            writer.WriteEntry(entry);
            if (first)
            {
                writer.WriteEntry(added);
                first = false;
            }
        });
    }

    private static byte[] Copy(byte[] layer, Action<TarEntry, TarWriter> write)
    {
        using var copy = new MemoryStream();
        using (var writer = new TarWriter(copy, TarEntryFormat.Gnu, leaveOpen: true))
        using (var reader = new TarReader(new MemoryStream(layer)))
        {
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                write(entry, writer);
            }
        }

        return copy.ToArray();
    }

    // The app's layer is the one whose digest the label names.
    private static async Task<(JsonNode Config, byte[] Layer)> ReadAsync(string exported)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var reader = new TarReader(File.OpenRead(exported));
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry is { DataStream: { } content, Length: < 1 << 20 })
            {
                using var copy = new MemoryStream();
                await content.CopyToAsync(copy);
                files[entry.Name] = copy.ToArray();
            }
        }

        var config = JsonNode.Parse(files[JsonNode.Parse(files["manifest.json"])![0]!["Config"]!.GetValue<string>()])!;
        var digest = JsonNode.Parse(config["config"]!["Labels"]![Label]!.GetValue<string>())!["Layer"]!.GetValue<string>();
        return (config, files.Values.Single(file => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(file))}" == digest));
    }

    private static Task AddAsync(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
