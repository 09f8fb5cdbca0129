using System.Formats.Tar;
using System.Net;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class ContainerTests(EngineFixture fixture)
{
    private DockerClient Engine => fixture.Engine;

    [Fact]
    public async Task The_engine_tells_its_version_and_its_host()
    {
        var version = await Engine.GetVersionAsync(EngineFixture.Deadline());
        var info = await Engine.GetInfoAsync(EngineFixture.Deadline());

        Assert.True(Version.Parse(version.ApiVersion) >= new Version(1, 41));
        Assert.Equal(version.Version, info.ServerVersion);
        Assert.Equal(Environment.ProcessorCount, info.NCPU);
        Assert.True(info.MemTotal > 0);
        Assert.NotEmpty(info.Driver);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public async Task The_exit_code_of_a_container_arrives(int code)
    {
        var result = await fixture.RunAsync(fixture.Spec("sh", "-c", $"echo out; echo err >&2; exit {code}"));

        Assert.Equal((code, "out\n", "err\n"), result);
    }

    [Fact]
    public async Task Attaching_before_the_start_loses_no_line()
    {
        var (code, stdout, stderr) = await fixture.RunAsync(fixture.Spec("seq", "1", "50000"));

        Assert.Equal(0, code);
        Assert.Equal("", stderr);
        Assert.Equal(string.Concat(Enumerable.Range(1, 50000).Select(n => $"{n}\n")), stdout);
    }

    [Fact]
    public async Task A_terminal_has_one_channel_and_no_frames()
    {
        var (code, stdout, stderr) = await fixture.RunAsync(fixture.Spec("sh", "-c", "echo out; echo err >&2") with { Tty = true });

        Assert.Equal((0, "out\r\nerr\r\n", ""), (code, stdout, stderr));
    }

    [Fact]
    public async Task Disposing_an_attachment_ends_a_read_and_leaves_the_container_running()
    {
        var id = await fixture.CreateAsync(fixture.Spec("sleep", "1000"));
        var output = await Engine.AttachAsync(id, EngineFixture.Deadline());
        await Engine.StartContainerAsync(id, EngineFixture.Deadline());
        using var stop = new CancellationTokenSource();
        var read = output.ReadAsync(stop.Token).AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        await output.DisposeAsync();
        Assert.True((await Engine.InspectContainerAsync(id, EngineFixture.Deadline()))!.Running);
    }

    [Fact]
    public async Task Kept_output_can_be_read_again_after_the_end()
    {
        var id = await fixture.StartAsync(fixture.Spec("sh", "-c", "echo one; echo two >&2") with
        {
            LogDriver = "json-file",
            LogOptions = new Dictionary<string, string> { ["max-size"] = "1m" },
        });
        await Engine.WaitContainerAsync(id, EngineFixture.Deadline());
        var ended = (await Engine.InspectContainerAsync(id, EngineFixture.Deadline()))!.FinishedAt!.Value;

        await using var all = await Engine.FollowLogsAsync(id, since: null, follow: true, EngineFixture.Deadline());
        Assert.Equal(("one\n", "two\n"), await EngineFixture.ReadAllAsync(all));
        await using var later = await Engine.FollowLogsAsync(id, ended.AddSeconds(1), follow: false, EngineFixture.Deadline());
        Assert.Equal(("", ""), await EngineFixture.ReadAllAsync(later));
    }

    [Fact]
    public async Task An_init_makes_a_container_stop_on_the_first_signal()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        await Engine.StopContainerAsync(id, TimeSpan.FromMinutes(1), EngineFixture.Deadline());

        var stopped = await Engine.InspectContainerAsync(id, EngineFixture.Deadline());
        Assert.Equal(("exited", false, 128 + 15), (stopped!.Status, stopped.Running, stopped.ExitCode));
        Assert.NotNull(stopped.FinishedAt);
    }

    [Fact]
    public async Task A_container_that_ignores_the_first_signal_is_killed_after_the_grace()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000") with { Init = false });
        await Engine.StopContainerAsync(id, TimeSpan.FromMilliseconds(100), EngineFixture.Deadline());

        Assert.Equal(128 + 9, await Engine.WaitContainerAsync(id, EngineFixture.Deadline()));
    }

    [Fact]
    public async Task Asking_twice_and_asking_for_what_is_gone_are_successes()
    {
        var ct = EngineFixture.Deadline();
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        await Engine.StartContainerAsync(id, ct);
        await Engine.KillContainerAsync(id, "SIGKILL", ct);
        await Engine.WaitContainerAsync(id, ct);
        await Engine.KillContainerAsync(id, "SIGKILL", ct);
        await Engine.StopContainerAsync(id, TimeSpan.Zero, ct);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Engine.RemoveContainerAsync(id, ct)));
        await Engine.RemoveContainerAsync(id, ct);
        await Engine.StopContainerAsync(id, TimeSpan.Zero, ct);
        await Engine.KillContainerAsync(id, "SIGTERM", ct);

        Assert.Null(await Engine.InspectContainerAsync(id, ct));
        var error = await Assert.ThrowsAsync<DockerException>(() => Engine.StartContainerAsync(id, ct));
        Assert.Equal(HttpStatusCode.NotFound, error.Status);
    }

    [Fact]
    public async Task A_missing_image_is_named_and_nothing_is_pulled()
    {
        var error = await Assert.ThrowsAsync<DockerException>(
            () => fixture.CreateAsync(fixture.Spec("true") with { Image = "minipaas-test/absent:1" }));

        Assert.Equal(HttpStatusCode.NotFound, error.Status);
        Assert.Equal("No such image: minipaas-test/absent:1", error.Message);
    }

    [Fact]
    public async Task A_name_in_use_is_a_conflict()
    {
        var name = fixture.NewName();
        await Engine.CreateContainerAsync(name, fixture.Spec("true"), EngineFixture.Deadline());
        var error = await Assert.ThrowsAsync<DockerException>(
            () => Engine.CreateContainerAsync(name, fixture.Spec("true"), EngineFixture.Deadline()));

        Assert.Equal(HttpStatusCode.Conflict, error.Status);
        Assert.Contains(name, error.Message);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_fails_the_start_with_its_name()
    {
        var id = await fixture.CreateAsync(fixture.Spec("no-such-command") with { Init = false });
        var error = await Assert.ThrowsAsync<DockerException>(() => Engine.StartContainerAsync(id, EngineFixture.Deadline()));

        Assert.Contains("no-such-command", error.Message);
    }

    [Fact]
    public async Task Lists_take_every_label_given()
    {
        var ct = EngineFixture.Deadline();
        var web = await fixture.CreateAsync(fixture.Spec("true") with { Labels = fixture.Labels.Add("kind", "web").Add("n", "1") });
        var worker = await fixture.CreateAsync(fixture.Spec("true") with { Labels = fixture.Labels.Add("kind", "worker").Add("n", "1") });

        Assert.Equal([web], (await Engine.ListContainersAsync([fixture.Label, "kind=web"], ct)).Select(container => container.Id));
        Assert.Equal(
            new HashSet<string> { web, worker },
            (await Engine.ListContainersAsync([fixture.Label, "kind", "n=1"], ct)).Select(container => container.Id).ToHashSet());
        Assert.Empty(await Engine.ListContainersAsync([fixture.Label, "kind=clock"], ct));
        var listed = Assert.Single(await Engine.ListContainersAsync([fixture.Label, "kind=web"], ct));
        Assert.Equal(("created", "none", fixture.BaseImage), (listed.State, listed.NetworkMode, listed.Image));
        Assert.Equal("1", listed.Labels["n"]);
    }

    [Fact]
    public async Task What_the_spec_says_is_what_the_process_sees()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "file"), "bound");
        var script = "id -u; id -g; pwd; echo $BASE $OWN; cat /bound/file; touch /x 2>/dev/null || echo ro; " +
            "touch /bound/x 2>/dev/null || echo bound-ro; echo t >/scratch/t && cat /scratch/t; ulimit -n; cat /etc/hostname; " +
            "grep -c CapEff:.0000000000000000 /proc/self/status; grep -c 'NoNewPrivs:.1' /proc/self/status";
        var (code, stdout, stderr) = await fixture.RunAsync(fixture.Spec("sh", "-c", script) with
        {
            User = "21000:21000",
            WorkingDir = "/tmp",
            Env = ["OWN=mine"],
            Hostname = "host-1",
            ReadOnlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            MemoryBytes = 64 << 20,
            MemorySwapBytes = 64 << 20,
            NanoCpus = 500_000_000,
            PidsLimit = 32,
            ShmSizeBytes = 1 << 20,
            Ulimits = [new ContainerUlimit("nofile", 100, 200)],
            Mounts = [new ContainerMount { Source = directory.Path, Target = "/bound", ReadOnly = true }],
            Tmpfs = new Dictionary<string, string> { ["/scratch"] = "rw,size=1m,mode=1777" },
        });

        Assert.Equal("", stderr);
        Assert.Equal("21000\n21000\n/tmp\nyes mine\nboundro\nbound-ro\nt\n100\nhost-1\n1\n1\n", stdout);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task An_archive_put_into_a_container_is_there_for_a_command_run_in_it()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            using var data = new MemoryStream("hello"u8.ToArray());
            await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "put/file") { DataStream = data, Uid = 21000, Gid = 21000 });
        }
        tar.Position = 0;
        await Engine.PutArchiveAsync(id, "/tmp", tar, EngineFixture.Deadline());

        Assert.Equal((0, "hello"), await fixture.ExecAsync(id, new ExecSpec { Command = ["cat", "/tmp/put/file"] }));
        Assert.Equal((0, "21000:21000\n"), await fixture.ExecAsync(id, new ExecSpec { Command = ["stat", "-c", "%u:%g", "/tmp/put/file"] }));
    }

    [Fact]
    public async Task An_archive_larger_than_any_buffer_is_refused_with_the_reason_when_the_container_is_missing()
    {
        using var large = new MemoryStream(new byte[16 << 20]);
        var error = await Assert.ThrowsAsync<DockerException>(
            () => Engine.PutArchiveAsync("minipaas-test-absent", "/tmp", large, EngineFixture.Deadline()));

        Assert.Equal(HttpStatusCode.NotFound, error.Status);
        Assert.Contains("minipaas-test-absent", error.Message);
        Assert.Equal(0, large.Position);
    }
}
