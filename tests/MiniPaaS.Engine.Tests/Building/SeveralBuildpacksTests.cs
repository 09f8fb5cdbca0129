using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Engine.Tests.Building;

/// <summary>Buildpacks that run one after the other, as Heroku runs them.</summary>
[Collection("engine")]
public sealed class SeveralBuildpacksTests : IAsyncLifetime
{
    private readonly BuildHost host = new();

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.AddPack(
            "tool",
            ("bin/detect", "echo Tool\necho more words\n"),
            ("bin/compile", """
                mkdir -p $1/.tool "$PWD/own"; echo "       tool in $PWD"; touch own/state
                cat > export <<'SH'
                declare -x PATH="$HOME/.tool:$PATH"
                export SECOND="$(cd /usr; basename "$PWD") ${UNSET:-unset}"
                cd /
                SH
                """),
            ("bin/release", "printf 'default_process_types:\\n  web: tools own\\n  extra: no\\n'\n"));
        host.AddPack(
            "language",
            ("bin/detect", "[[ $PATH = /app/.tool:* ]] || { echo no tool here; exit 1; }\necho \"Language with ${SECOND:-}\"\n"),
            ("bin/compile", "echo \"       $PATH|$SECOND|$PWD|$(ls $1)\"; rm -f $1/Procfile; echo 'web: made' > $1/Procfile; declare -p build cache name exports 2>/dev/null\necho export BROKEN > export; exit 0\n"),
            ("bin/release", "printf 'default_process_types:\\n  web: default\\n  rake: rake %s\\n' \"${SECOND:-without exports}\"\n"));
        host.AddPack("silent", ("bin/detect", "echo Silent"), ("bin/compile", "true"));
        host.AddPack("picky", ("bin/detect", "echo 'it has no picky.txt'; exit 1"), ("bin/compile", "true"));
        host.AddPack("failing", ("bin/detect", "echo Failing"), ("bin/compile", "exit 6"));
        host.AddPack("hollow");
    }

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task They_run_in_order_and_later_ones_know_what_earlier_ones_export()
    {
        var slug = host.Succeeded(await BuildAsync("tool", "language"));
        Assert.Contains(
            """
            -----> Building on the Bookworm stack
            -----> Using buildpacks:
                   1. minipaas/tool
                   2. minipaas/language
            -----> Tool app detected
                   tool in /tmp/codon/tmp/buildpacks/tool
            -----> Language with usr unset app detected
                   /app/.tool:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|usr unset|/tmp/codon/tmp/buildpacks/language|Procfile
            -----> Discovering process types
                   Procfile declares types     -> web
                   Default types for buildpack -> rake
            """.ReplaceLineEndings("\n"),
            host.Text,
            StringComparison.Ordinal);

        // The Procfile is read after the last compile; the last pack's release counts, and knows of no exports.
        Assert.Equal([new("rake", "rake without exports"), new("web", "made")], slug.ProcessTypes);
        Assert.Equal(["Tool", "Language with usr unset"], slug.Buildpacks.Select(b => b.Name));
        Assert.Equal(["minipaas/tool", "minipaas/language"], slug.Buildpacks.Select(b => b.Pack));
        Assert.Equal(2, slug.Buildpacks.Select(b => b.Digest).Distinct().Count());
        Assert.All(slug.Buildpacks, b => Assert.Matches("^sha256:[0-9a-f]{64}$", b.Digest));
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_last_pack_without_a_release_has_no_defaults()
    {
        var slug = host.Succeeded(await BuildAsync("tool", "silent"));
        Assert.Equal([new("web", "./serve")], slug.ProcessTypes);
    }

    [Fact]
    public async Task One_that_does_not_apply_ends_the_build()
    {
        host.Rejected(await BuildAsync("tool", "picky", "silent"));
        Assert.Contains("-----> App not compatible with buildpack: minipaas/picky\n       it has no picky.txt\n", host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Silent", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task One_that_fails_is_named()
    {
        host.Rejected(await BuildAsync("tool", "failing", "silent"));
        Assert.Contains(" !     Push rejected, failed to compile Failing app.", host.Lines);
    }

    [Fact]
    public async Task A_directory_that_is_no_buildpack_is_said_to_be_none()
    {
        Directory.CreateDirectory(Path.Combine(host.Root, "operator", "nothing"));
        File.SetUnixFileMode(Path.Combine(host.Root, "operator", "nothing"), (UnixFileMode)0b111_101_101);
        host.AllowPacks(new() { Directories = [Path.Combine(host.Root, "operator")] });
        host.Rejected(await BuildAsync(Path.Combine(host.Root, "operator", "nothing")));
        Assert.Contains("       It has no bin/detect and bin/compile: is it a buildpack?", host.Lines);
    }

    [Fact]
    public async Task What_was_detected_is_handed_on_to_be_found_again()
    {
        var built = Assert.IsType<BuildOutcome.Succeeded>(await host.BuildAsync(host.Request(("Procfile", "web: ./serve\n")), CancellationToken.None));
        Assert.Equal("minipaas/tool", built.Detected);
        var again = await host.BuildAsync(host.Request(("Procfile", "web: ./serve\n")) with { PinnedBuildpack = "minipaas/silent" }, CancellationToken.None);
        Assert.Equal("Silent", host.Succeeded(again).BuildpackNames);
        Assert.Null(Assert.IsType<BuildOutcome.Succeeded>(again).Detected);
        Assert.Contains("-----> Using buildpack: minipaas/silent", host.Lines);
        host.Rejected(await host.BuildAsync(host.Request(("a", "b")) with { PinnedBuildpack = "minipaas/picky" }, CancellationToken.None));
        Assert.Contains("paas buildpacks:clear", host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_repository_and_the_config_vars_can_choose()
    {
        host.Succeeded(await host.BuildAsync(host.Request(("Procfile", "web: x"), (".buildpacks", "tool\nsilent\n")), CancellationToken.None));
        Assert.Contains("       2. minipaas/silent", host.Lines);
        var vars = ConfigVars.From([new("BUILDPACK_URL", "minipaas/silent")]);
        host.Succeeded(await host.BuildAsync(
            host.Request(("Procfile", "web: x"), (".buildpacks", "tool\n")) with { ConfigVars = vars }, CancellationToken.None));
        Assert.Contains("-----> Using buildpack: minipaas/silent", host.Lines);
    }

    [Fact]
    public async Task One_that_cannot_be_fetched_rejects_the_build_and_names_the_host()
    {
        host.Rejected(await BuildAsync("tool", "http://127.0.0.1:9/pack.git"));
        Assert.Contains(" !     The buildpack http://127.0.0.1:9/pack.git could not be fetched:", host.Lines);
        Assert.Contains("127.0.0.1 has no address in the public internet", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    private Task<BuildOutcome> BuildAsync(params string[] packs) =>
        host.BuildAsync(host.Request(("Procfile", "web: ./serve\n")) with { Buildpacks = [.. packs] }, CancellationToken.None);
}
