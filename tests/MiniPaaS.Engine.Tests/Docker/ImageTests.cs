using System.Net;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class ImageTests(EngineFixture fixture)
{
    private DockerClient Engine => fixture.Engine;

    [Fact]
    public async Task An_image_without_a_layer_of_its_own_has_those_of_its_base()
    {
        var ct = EngineFixture.Deadline();
        using var directory = new TemporaryDirectory();
        var spec = (await SpecAsync(directory, "config")) with { Layer = null };
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, ct))!;

        var id = await Engine.LoadLayeredImageAsync(baseImage, spec, ct);

        var loaded = (await Engine.InspectImageAsync(spec.Tag, ct))!;
        Assert.Equal(id, loaded.Id);
        Assert.NotEqual(baseImage.Id, loaded.Id);
        Assert.Equal<string>(baseImage.RootFS.Layers, loaded.RootFS.Layers);
        Assert.Equal("21000:21000", loaded.Config.User);
    }

    [Fact]
    public async Task An_imported_image_has_what_the_changes_say()
    {
        var image = await Engine.InspectImageAsync(fixture.BaseImage, EngineFixture.Deadline());

        Assert.Equal<string>([fixture.BaseImage], image!.RepoTags);
        Assert.Equal<string>(["PATH=/bin", "BASE=yes"], image.Config.Env);
        Assert.Equal<string>(["true"], image.Config.Cmd);
        Assert.Single(image.RootFS.Layers);
        Assert.Equal("linux", image.Os);
        Assert.True(image.Size > 0);
        Assert.Equal(fixture.Labels, image.Config.Labels);
        Assert.Null(await Engine.InspectImageAsync("minipaas-test/absent:1", EngineFixture.Deadline()));
    }

    [Fact]
    public async Task A_layer_added_to_a_base_gives_the_computed_id_every_time()
    {
        var ct = EngineFixture.Deadline();
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory, "once");
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, ct))!;

        var first = await Engine.LoadLayeredImageAsync(baseImage, spec, ct);
        var second = await Engine.LoadLayeredImageAsync(baseImage, spec, ct);
        var loaded = await Engine.InspectImageAsync(spec.Tag, ct);

        Assert.Equal(first, second);
        Assert.Equal(first, loaded!.Id);
        Assert.Equal<string>([.. baseImage.RootFS.Layers, spec.Layer!.DiffId], loaded.RootFS.Layers);
        Assert.Equal<string>(["PATH=/app/bin:/bin", "BASE=yes", "ADDED=1"], loaded.Config.Env);
        Assert.Equal(("21000:21000", "/app"), (loaded.Config.User, loaded.Config.WorkingDir));
        Assert.Equal<string>(["cat", "/app/file"], loaded.Config.Cmd);
        Assert.Equal(spec.Created, loaded.Created);
        Assert.Equal("yes", loaded.Config.Labels["layered"]);
        Assert.Equal(fixture.Labels["minipaas.test.run"], loaded.Config.Labels["minipaas.test.run"]);
    }

    [Fact]
    public async Task A_container_of_a_layered_image_sees_base_and_layer_with_their_owners()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory, "seen");
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, EngineFixture.Deadline()))!;
        await Engine.LoadLayeredImageAsync(baseImage, spec, EngineFixture.Deadline());

        Assert.Equal((0, "content seen", ""), await fixture.RunAsync(fixture.Spec() with { Image = spec.Tag }));
        var look = "stat -c '%u:%g %a %F' /app/file /app/link /app; readlink /app/link; stat -c %u /bin/busybox; id -u";
        var (code, stdout, _) = await fixture.RunAsync(fixture.Spec("sh", "-c", look) with { Image = spec.Tag });
        Assert.Equal(0, code);
        Assert.Equal(
            "21000:21000 640 regular file\n21000:21000 777 symbolic link\n21000:21000 755 directory\nfile\n0\n21000\n", stdout);
    }

    [Fact]
    public async Task A_layer_of_many_megabytes_is_loaded_from_its_file()
    {
        using var directory = new TemporaryDirectory();
        var content = new byte[48 << 20];
        new Random(1).NextBytes(content);
        var spec = await SpecAsync(directory, "large") with { Layer = await LayerTar.WriteAsync(directory, content, EngineFixture.Deadline()) };
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, EngineFixture.Deadline()))!;
        var id = await Engine.LoadLayeredImageAsync(baseImage, spec, EngineFixture.Deadline());

        var loaded = await Engine.InspectImageAsync(id, EngineFixture.Deadline());
        const int LinkSize = 4;
        Assert.Equal(baseImage.Size + content.Length + LinkSize, loaded!.Size);
    }

    [Fact]
    public async Task Names_come_and_go_and_the_image_goes_with_the_last()
    {
        var ct = EngineFixture.Deadline();
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory, "named") with { Labels = fixture.Labels.Add("names", "1") };
        var id = await Engine.LoadLayeredImageAsync((await Engine.InspectImageAsync(fixture.BaseImage, ct))!, spec, ct);
        await Engine.TagImageAsync(id, fixture.Repositories, "second", ct);

        var listed = Assert.Single(await Engine.ListImagesAsync([fixture.Label, "names=1"], ct));
        Assert.Equal(new HashSet<string> { spec.Tag, $"{fixture.Repositories}:second" }, listed.RepoTags.ToHashSet());
        Assert.Empty(await Engine.ListImagesAsync([fixture.Label, "names=2"], ct));
        await Engine.RemoveImageAsync(spec.Tag, ct);
        Assert.NotNull(await Engine.InspectImageAsync(id, ct));
        await Engine.RemoveImageAsync($"{fixture.Repositories}:second", ct);
        await Engine.RemoveImageAsync($"{fixture.Repositories}:second", ct);
        Assert.Null(await Engine.InspectImageAsync(id, ct));
    }

    [Fact]
    public async Task An_image_in_use_is_not_removed()
    {
        var ct = EngineFixture.Deadline();
        using var directory = new TemporaryDirectory();
        var id = await Engine.LoadLayeredImageAsync(
            (await Engine.InspectImageAsync(fixture.BaseImage, ct))!, await SpecAsync(directory, "used"), ct);
        await fixture.StartAsync(fixture.Spec("sleep", "1000") with { Image = id });

        var error = await Assert.ThrowsAsync<DockerException>(() => Engine.RemoveImageAsync(id, ct));
        Assert.Equal(HttpStatusCode.Conflict, error.Status);
        Assert.NotNull(await Engine.InspectImageAsync(id, ct));
    }

    [Fact]
    public async Task A_layer_that_is_not_what_its_digest_says_is_refused_with_the_engines_words()
    {
        var ct = EngineFixture.Deadline();
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory, "false");
        spec = spec with { Layer = spec.Layer! with { DiffId = "sha256:" + new string('0', 64) } };
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, ct))!;

        var error = await Assert.ThrowsAsync<DockerException>(() => Engine.LoadLayeredImageAsync(baseImage, spec, ct));
        Assert.Contains("invalid diffID", error.Message);
        Assert.Null(await Engine.InspectImageAsync(spec.Tag, ct));
    }

    [Fact]
    public async Task A_layer_file_that_is_missing_is_named()
    {
        using var directory = new TemporaryDirectory();
        var spec = await SpecAsync(directory, "absent");
        spec = spec with { Layer = spec.Layer! with { Path = "/nonexistent/layer.tar" } };
        var baseImage = (await Engine.InspectImageAsync(fixture.BaseImage, EngineFixture.Deadline()))!;

        var error = await Assert.ThrowsAnyAsync<Exception>(() => Engine.LoadLayeredImageAsync(baseImage, spec, EngineFixture.Deadline()));
        Assert.Contains("/nonexistent/layer.tar", error.Message);
    }

    [Fact]
    public async Task What_is_not_an_archive_is_refused()
    {
        using var garbage = new MemoryStream(Enumerable.Repeat((byte)'x', 4096).ToArray());
        var error = await Assert.ThrowsAsync<DockerException>(() => Engine.LoadImageAsync(garbage, EngineFixture.Deadline()));
        Assert.NotEmpty(error.Message);

        garbage.Position = 0;
        await Assert.ThrowsAsync<DockerException>(
            () => Engine.ImportImageAsync(garbage, fixture.Repositories, "garbage", [], EngineFixture.Deadline()));
    }

    private async Task<LayeredImageSpec> SpecAsync(TemporaryDirectory directory, string tag) => new()
    {
        Layer = await LayerTar.WriteAsync(directory, System.Text.Encoding.UTF8.GetBytes("content " + tag), EngineFixture.Deadline()),
        Tag = $"{fixture.Repositories}:{tag}",
        Created = new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero),
        Labels = fixture.Labels.Add("layered", "yes"),
        Env = ["ADDED=1", "PATH=/app/bin:/bin"],
        Cmd = ["cat", "/app/file"],
        User = "21000:21000",
        WorkingDir = "/app",
        CreatedBy = "a test",
    };
}
