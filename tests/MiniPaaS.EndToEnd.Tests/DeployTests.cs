using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Deploys without git: the same way to the same slug.</summary>
public sealed class DeployTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task A_directory_is_deployed_as_a_push_would_be()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "deploy-dir");
        app.Write(".gitignore", "secret\n");
        app.Write("secret", "not for the platform");
        app.Write("untracked file", "new");
        File.CreateSymbolicLink(Path.Combine(app.Folder, "outside"), "/etc/passwd");

        var deploy = (await app.TryPaasAsync("deploy", "--message", "v1.4")).Expect();

        Assert.Contains("-----> Launching...", deploy.Output, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
        Assert.Equal("Deploy v1.4", (await app.ReleasesAsync())[0].Description);
        var files = await app.PaasAsync("slugs:info", "v1", "--files");
        Assert.Contains("untracked file", files, StringComparison.Ordinal);
        Assert.Contains("/etc/passwd", files, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", files, StringComparison.Ordinal);

        // The same files by another way are the same slug, and its commit can be built again.
        await app.CommitAsync("The same by git");
        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        Assert.Contains("the same to the bit", await app.PaasAsync("slugs:verify", "v1"), StringComparison.Ordinal);
        Assert.DoesNotContain("refs/minipaas", await app.GitAsync("ls-remote", "paas"), StringComparison.Ordinal);

        var json = JsonNode.Parse(await app.PaasAsync("deploy", "--dir", app.Folder, "--json"))!;
        Assert.Equal(3, json["release"]!.GetValue<int>());
        Assert.True(json["live"]!.GetValue<bool>());
    }

    [Fact]
    public async Task An_archive_is_deployed_and_a_bad_one_changes_nothing()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "deploy-archive");
        var file = Path.Combine(Platform.Directory, "deploy-archive.tgz");
        (await Command.RunAsync("tar", ["czf", file, "--exclude=.git", "--transform", "s,^\\.,app-1.0,", "-C", app.Folder, "."])).Expect();

        await app.PaasAsync("deploy", "--archive", file);

        Assert.Equal("version 1", await app.GetAsync());
        await File.WriteAllTextAsync(file, "this is no archive");
        var bad = await app.TryPaasAsync("deploy", "--archive", file);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("not a complete tar file", bad.Output, StringComparison.Ordinal);
        await WriteAsync(file, "../../../../etc/minipaas-was-here");
        Assert.Contains("lies outside of it", (await app.TryPaasAsync("deploy", "--archive", file)).Output, StringComparison.Ordinal);
        Assert.False(File.Exists("/etc/minipaas-was-here"));
        Assert.Contains("has no address in the public internet", (await app.TryPaasAsync("deploy", "--archive", $"http://{Platform.Gateway}/a.tgz")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await app.TryPaasAsync("deploy", "--archive", file, "--dir", ".")).ExitCode);
        Assert.Single(await app.ReleasesAsync());
        Assert.Equal("version 1", await app.GetAsync());
    }

    [Fact]
    public async Task An_API_client_builds_from_a_source_as_on_Heroku()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "deploy-source");
        var file = Path.Combine(Platform.Directory, "deploy-source.tgz");
        (await Command.RunAsync("tar", ["czf", file, "--exclude=.git", "-C", app.Folder, "."])).Expect();
        using var made = await Platform.ApiAsync(HttpMethod.Post, "/sources", Platform.Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var source = (await made.Content.ReadFromJsonAsync<JsonNode>())!["source_blob"]!;
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file));
        (await Platform.Http.PutAsync(new Uri(source["put_url"]!.GetValue<string>()), content)).EnsureSuccessStatusCode();

        using var wrong = await BuildAsync(app, source["get_url"]!, $"SHA256:{new string('0', 64)}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using var build = await BuildAsync(app, source["get_url"]!, checksum: null);
        Assert.Equal(HttpStatusCode.Created, build.StatusCode);

        await Eventually.HoldsAsync("the build is live", async () => (await app.InfoAsync()).Release == 1);
        Assert.Equal("version 1", await app.GetAsync());
        Assert.Equal("Deploy 2026.11", (await app.ReleasesAsync())[0].Description);
    }

    [Fact]
    public async Task A_deployer_who_leaves_during_the_build_changes_nothing_and_nothing_stays()
    {
        var app = await TestApp.CreateAsync(Platform, "dotnet-hello", "deploy-left");
        await app.CommitSlowBuildAsync();
        var id = $"{(await app.InfoAsync()).Number}";
        using var deploy = app.StartPaas("deploy");
        await deploy.SaysAsync(SlowBuild.Word);

        (await Command.RunAsync("kill", ["-INT", $"{deploy.Pid}"])).Expect();

        Assert.Equal(130, (await deploy.ResultAsync(TimeSpan.FromMinutes(2))).ExitCode);
        await Eventually.HoldsAsync(
            "the build is given up", async () => !(await Platform.Engine.ContainersAsync()).Any(c => c.App == id && c.Kind == "build"));
        await Eventually.HoldsAsync("its source is gone", () => !Directory.EnumerateDirectories(Path.Combine(Platform.StateDir, "builds"), "source-*").Any());
        Assert.Empty(await app.ReleasesAsync());
    }

    private async Task<HttpResponseMessage> BuildAsync(TestApp app, JsonNode url, string? checksum)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Platform.Server}/apps/{app.Name}/builds")
        {
            Content = JsonContent.Create(new { source_blob = new { url = url.GetValue<string>(), version = "2026.11", checksum } }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Platform.Token);
        return await Platform.Http.SendAsync(request);
    }

    private static async Task WriteAsync(string file, string name)
    {
        await using var packed = new GZipStream(File.Create(file), CompressionLevel.Fastest);
        await using var tar = new TarWriter(packed);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });
    }
}
