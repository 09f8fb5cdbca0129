using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Engine.Tests.Building;

/// <summary>Apps that break out, break down or never end.</summary>
[Collection("engine")]
public sealed class HostileBuildTests : IAsyncLifetime
{
    private readonly BuildHost host = new();

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.UseScriptPack();
    }

    public Task DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("ln -sf /etc/passwd $BUILD_DIR/Procfile")]
    [InlineData("mkdir $BUILD_DIR/d; echo 'web: x' > $BUILD_DIR/d/p; ln -sf d/p $BUILD_DIR/Procfile")]
    [InlineData("rm $BUILD_DIR/Procfile; mkfifo $BUILD_DIR/Procfile")]
    [InlineData("rm $BUILD_DIR/Procfile; mkdir $BUILD_DIR/Procfile")]
    [InlineData("head -c 70000 /dev/zero > $BUILD_DIR/Procfile")]
    [InlineData("ln -s /etc/passwd $BUILD_DIR/app.json")]
    [InlineData("mkdir $BUILD_DIR/real; echo dotnet > $BUILD_DIR/real/mounts; ln -s real $BUILD_DIR/.minipaas")]
    [InlineData("mkdir $BUILD_DIR/.minipaas; echo /etc > $BUILD_DIR/.minipaas/mounts")]
    public async Task A_file_that_is_a_trap_rejects_the_build(string compile)
    {
        host.Rejected(await host.ScriptAsync(compile + "\n"));
        Assert.DoesNotContain("root:", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Results_that_lead_out_of_their_directory_reject_the_build()
    {
        host.Rejected(await host.ScriptAsync("rm -f /tmp/codon/results/names; ln -s /etc/shadow /tmp/codon/results/names\n"));
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Links_are_packed_as_links_and_special_files_are_left_out()
    {
        const string compile = """
            cd $BUILD_DIR
            ln -s /etc/shadow absolute; ln -s ../../../etc up; ln -s ./loop loop; echo 1 > a; ln a b
            mkfifo pipe; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            echo 1 > .wh.a; mkdir .git; echo 1 > .git/config; touch -- $'new\nline' $'\xff\xfe' '-rf' 'ü b'
            chmod u+s a; mkdir sticky; chmod 1777 sticky
            """;
        var slug = host.Succeeded(await host.ScriptAsync(compile));
        Assert.Contains(" !     pipe was left out of the slug: it is neither a file, a directory nor a symlink.", host.Lines);
        Assert.Contains(" !     .wh.a was left out of the slug: an image cannot hold names that begin with .wh..", host.Lines);
        var names = await host.RunAsync(slug, "find", "/app", "-mindepth", "1", "-printf", "%P|%y|%l|%m|%n\n");
        string[] expected =
        [
            "-rf|f||644|1", "Procfile|f||644|1", "a|f||644|2", "absolute|l|/etc/shadow|777|1", "b|f||644|2", "compile.sh|f||644|1",
            "loop|l|./loop|777|1", "new\nline|f||644|1", "sticky|d||777|2", "up|l|../../../etc|777|1", "ü b|f||644|1", "\uFFFD\uFFFD|f||644|1",
        ];
        Assert.Equal(string.Join('\n', expected.Order(StringComparer.Ordinal)), string.Join('\n', Entries(names)));
    }

    [Fact]
    public async Task A_file_that_its_owner_may_not_read_is_named()
    {
        host.Rejected(await host.ScriptAsync("chmod 0 $BUILD_DIR/Procfile; echo 1 > $BUILD_DIR/secret; chmod 0 $BUILD_DIR/secret\n"));
        Assert.Contains("./secret: Cannot open: Permission denied", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_build_that_never_ends_is_ended()
    {
        host.Limits = host.Limits with { Time = TimeSpan.FromSeconds(4) };
        var reason = host.Rejected(await host.ScriptAsync("trap '' TERM; sleep 600 & sleep 600\n"));
        Assert.Contains("timed out", reason, StringComparison.Ordinal);
        Assert.Contains(" !     The build timed out; it must complete in 4 seconds.", host.Lines);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_build_that_needs_too_much_memory_is_told_so()
    {
        host.Limits = host.Limits with { Memory = 96 << 20 };
        host.Rejected(await host.ScriptAsync("python3 -c 'x = bytearray(400 << 20)' || exit 1\n"));
        Assert.Contains(" !     The build ran out of memory: it may use 96.0M.", host.Lines);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_fork_bomb_stays_within_its_limit()
    {
        host.Limits = host.Limits with { Processes = 40 };
        const string bomb = """
            python3 - <<'PY'
            import os, sys, time
            n = 0
            try:
                while True:
                    if os.fork() == 0: time.sleep(600)
                    n += 1
            except OSError as e:
                print("forked", n, e.strerror, flush=True)
            PY
            exit 1
            """;
        host.Rejected(await host.ScriptAsync(bomb));
        var forked = int.Parse(Assert.Single(host.Lines, l => l.StartsWith("forked ", StringComparison.Ordinal)).Split(' ')[1]);
        Assert.InRange(forked, 1, 39);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_flood_of_output_is_cut_but_does_not_stop_the_build()
    {
        host.Limits = host.Limits with { Output = 100_000 };
        host.Succeeded(await host.ScriptAsync("yes flood | head -c 5000000\necho last > $BUILD_DIR/last\n"));
        Assert.Contains(" !     The build wrote more than 97.7K; the rest of its output is not shown.", host.Lines);
        Assert.InRange(host.Text.Length, 90_000, 120_000);
    }

    [Fact]
    public async Task A_flood_of_output_that_does_not_end_ends_the_build()
    {
        host.Limits = host.Limits with { Output = 100_000, Flood = 20 << 20 };
        var reason = host.Rejected(await host.ScriptAsync("trap '' PIPE; yes flood || true; yes flood >&2\n"));
        Assert.Equal("The build wrote more than 20.0M of output, and was ended.", reason);
        Assert.Contains($" !     {reason}", host.Lines);
        Assert.InRange(host.Text.Length, 90_000, 120_000);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_gigabyte_of_output_is_read_and_little_of_it_kept()
    {
        host.Limits = host.Limits with { Flood = 2L << 30, Time = TimeSpan.FromMinutes(10) };
        var request = host.Request(("compile.sh", "yes 'a line of output that somebody might want to read' | head -c 1050000000\n"), ("Procfile", "web: x\n"));
        host.Succeeded(await host.BuildAsync(request, CancellationToken.None));
        Assert.Contains(" !     The build wrote more than 10.0M; the rest of its output is not shown.", host.Lines);
        Assert.InRange(new FileInfo(BuildLog.PathOf(host.Settings, request.BuildId)).Length, 10 << 20, 11 << 20);
    }

    [Theory]
    [InlineData("head -c 3000000 /dev/zero > $BUILD_DIR/big")]
    [InlineData("truncate -s 10G $BUILD_DIR/zeros")]
    [InlineData("for n in {1..3000}; do ln -s x $BUILD_DIR/$n; done")]
    public async Task A_slug_that_is_too_large_is_rejected(string compile)
    {
        host.Limits = host.Limits with { Slug = 1 << 20 };
        host.Rejected(await host.ScriptAsync(compile + "\n"));
        Assert.Contains("too large (max is 1.0M).", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("printf 'a\\nb\\n' > /tmp/codon/results/names; printf built > /tmp/codon/results/outcome; kill -9 $PPID")]
    [InlineData("printf ../../../etc > /tmp/codon/results/detected; printf other-stack > /tmp/codon/results/outcome; kill -9 $PPID")]
    [InlineData("printf bullseye > /tmp/codon/results/stack; printf '../x' > /tmp/codon/results/detected; printf other-stack > /tmp/codon/results/outcome; kill -9 $PPID")]
    public async Task Results_that_cannot_be_reject_the_build(string compile)
    {
        host.Rejected(await host.ScriptAsync(compile + "\n"));
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task What_a_pack_prints_of_the_config_vars_is_hidden_everywhere()
    {
        var vars = MiniPaaS.Daemon.Apps.ConfigVars.From([new("KEY", "s3cret-value"), new("CERT", "-----BEGIN-----\nMIIB-first\nMIIB-second\n"), new("N", "5")]);
        var request = host.Request(
            ("Procfile", "web: x\n"),
            ("compile.sh", "for f in $ENV_DIR/*; do echo \"${f##*/}=$(cat $f)\"; done; echo \"$(cat $ENV_DIR/KEY)\" >&2; printf s3cret; sleep 0.2; echo -value; printf 'default_process_types:\\n  s3cret-value!: x\\n' > $BUILD_DIR/release.yml\n"));
        host.Rejected(await host.BuildAsync(request with { ConfigVars = vars }, CancellationToken.None));
        Assert.Contains("KEY=[redacted]", host.Lines);
        Assert.Contains("N=5", host.Lines);
        var kept = await File.ReadAllTextAsync(BuildLog.PathOf(host.Settings, request.BuildId));
        foreach (var secret in (string[])["s3cret-value", "BEGIN", "MIIB"])
        {
            Assert.DoesNotContain(secret, host.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, kept, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Config_vars_are_in_no_part_of_the_image()
    {
        host.AddPack("leaky", ("bin/detect", "cat /tmp/env_*/SECRET"), ("bin/compile", "true"));
        var vars = MiniPaaS.Daemon.Apps.ConfigVars.From([new("SECRET", "s3cret-value")]);
        var slug = host.Succeeded(await host.BuildAsync(host.Request(("Procfile", "web: x\n")) with { ConfigVars = vars }, CancellationToken.None));
        using var docker = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(host.Settings.DockerSocket), ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        var image = await docker.GetStringAsync(new Uri($"http://docker/images/{slug.Id}/json"))
            + await docker.GetStringAsync(new Uri($"http://docker/images/{slug.Id}/history"));
        Assert.Contains("[redacted] buildpack", image, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-value", image, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_sees_nothing_of_the_caches_of_others()
    {
        Directory.CreateDirectory(Path.Combine(BuildDirectories.CacheOf(host.Settings, 41)));
        await File.WriteAllTextAsync(Path.Combine(BuildDirectories.CacheOf(host.Settings, 41), "neighbour"), "x");
        host.Succeeded(await host.ScriptAsync("echo mine > $CACHE_DIR/mine; find / -name neighbour 2>/dev/null; ls -d /tmp/codon/tmp/cache/../*; echo looked\n"));
        Assert.Contains("looked", host.Lines);
        Assert.DoesNotContain(host.Lines, line => line.Contains("neighbour", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Device_nodes_cannot_be_made_and_rights_of_others_not_be_taken()
    {
        host.Succeeded(await host.ScriptAsync("mknod $BUILD_DIR/disk b 8 0 2>/dev/null || echo no device; chown 0:0 $BUILD_DIR/compile.sh 2>/dev/null || echo no owner; cp /bin/su $BUILD_DIR/su 2>/dev/null; chmod 6755 $BUILD_DIR/compile.sh\n"));
        Assert.Contains("no device", host.Lines);
        Assert.Contains("no owner", host.Lines);
    }

    [Fact]
    public async Task A_cancelled_build_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var request = host.Request(("compile.sh", "echo started; sleep 600\n"));
        var build = host.BuildAsync(request, cancel.Token);
        while (!host.Lines.ToArray().Contains("started"))
        {
            Assert.False(build.IsCompleted, host.Text);
            await Task.Delay(20);
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task What_a_crash_left_behind_is_removed_at_the_next_start()
    {
        var slug = host.Succeeded(await host.ScriptAsync(""));
        Directory.CreateDirectory(Path.Combine(host.Settings.Builds, "99", "build"));
        Directory.CreateDirectory(Path.Combine(host.Settings.FetchedPacks, "1234.tree", "bin"));
        Directory.CreateDirectory(Path.Combine(host.Settings.FetchedPacks, "trees"));
        Directory.CreateDirectory(Path.Combine(host.Settings.Fetches, "1234"));
        await host.Docker.TagImageAsync(slug.Id, $"{host.Settings.Namespace}/sample", "build-99", CancellationToken.None);
        var labels = BuildSpec.Labels(host.Settings).ToDictionary(l => l.Split('=')[0], l => l.Split('=')[1], StringComparer.Ordinal);
        await host.Docker.CreateContainerAsync(
            $"{host.Settings.Namespace}-build-99", new() { Image = "minipaas/stack-bookworm:build", Labels = labels }, CancellationToken.None);
        await host.Builder.RemoveLeftoversAsync(CancellationToken.None);
        Assert.False(Directory.Exists(host.Settings.Builds));
        Assert.False(Directory.Exists(host.Settings.Fetches));
        Assert.Equal("trees", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(host.Settings.FetchedPacks))));
        Directory.CreateDirectory(host.Settings.Builds);
        await host.NothingIsLeftAsync();
        Assert.NotNull(await host.Docker.InspectImageAsync(slug.Image, CancellationToken.None));
    }

    // A name may hold a line end; an entry always ends with a number of links.
    private static IEnumerable<string> Entries(string listing) =>
        System.Text.RegularExpressions.Regex.Split(listing, @"(?<=\|\d+)\n").Where(e => e.Length > 0).Order(StringComparer.Ordinal);
}
