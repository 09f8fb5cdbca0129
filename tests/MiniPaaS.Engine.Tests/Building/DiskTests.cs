namespace MiniPaaS.Engine.Tests.Building;

/// <summary>Apps that fill the host's disk while they are built.</summary>
[Collection("engine")]
public sealed class DiskTests : IAsyncLifetime
{
    private readonly BuildHost host = new();

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.UseScriptPack();
        host.Limits = host.Limits with { Disk = 64 << 20 };
    }

    public Task DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("$BUILD_DIR")]
    [InlineData("$CACHE_DIR")]
    [InlineData("/tmp")]
    [InlineData("$HOME")]
    [InlineData("$PWD")]
    [InlineData("/tmp/codon/results")]
    public async Task A_build_that_writes_without_end_is_ended_wherever_it_writes(string where)
    {
        var reason = host.Rejected(await host.ScriptAsync($"n=0; while head -c 20M /dev/zero > {where}/file$n; do n=$((n + 1)); sleep 0.1; done; sleep 600\n"));
        Assert.Equal("The build wrote more than 64.0M to disk.", reason);
        Assert.Contains($" !     {reason}", host.Lines);
        await host.NothingIsLeftAsync();

        // Nor is anything left that the next build would fail of.
        host.Succeeded(await host.ScriptAsync("ls -A $CACHE_DIR\n"));
    }

    [Fact]
    public async Task Source_that_unpacks_without_end_is_ended()
    {
        var request = host.Request(("Procfile", "web: x\n"));
        var reason = host.Rejected(await host.BuildAsync(
            request with
            {
                WriteSource = async (directory, ct) =>
                {
                    await using var bomb = MiniPaaS.Daemon.Building.DynoUser.Start(
                        directory, "sh", "-c", "n=0; while head -c 20000000 /dev/zero > file$n; do n=$((n + 1)); sleep 0.1; done");
                    await bomb.EnsureSuccessAsync(ct);
                },
            },
            CancellationToken.None));
        Assert.Equal("The build wrote more than 64.0M to disk.", reason);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_build_that_makes_files_without_end_is_ended()
    {
        host.Limits = host.Limits with { Disk = 10L << 30, Files = 2000 };
        var reason = host.Rejected(await host.ScriptAsync("mkdir $BUILD_DIR/d; cd $BUILD_DIR/d; for n in {1..3000}; do : > $n; done; sleep 600\n"));
        Assert.Equal("The build made more than 2000 files.", reason);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_build_leaves_the_host_room_to_live()
    {
        host.Limits = host.Limits with { DiskReserve = long.MaxValue };
        var reason = host.Rejected(await host.ScriptAsync("sleep 600\n"));
        Assert.StartsWith("The server's disk is full: builds must leave", reason, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Directories_deeper_than_a_path_may_be_are_named_and_removed()
    {
        const string compile = """
            python3 - <<'PY'
            import os
            os.chdir(os.environ["BUILD_DIR"])
            for _ in range(40):
                os.mkdir("d" * 200)
                os.chdir("d" * 200)
            open("f", "w").close()
            PY
            """;
        host.Rejected(await host.ScriptAsync(compile + "\n"));
        Assert.Contains("File name too long", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }
}
