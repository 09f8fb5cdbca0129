using System.Text.Json;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Engine.Tests.Building;

[Collection("engine")]
public sealed class SlugBuilderTests : IAsyncLifetime
{
    private readonly BuildHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task An_app_with_only_a_Procfile_becomes_a_slug()
    {
        var outcome = await host.BuildAsync(
            host.Request(("Procfile", "web: cat hello.txt\nworker: sleep 9\n"), ("hello.txt", "hello")), CancellationToken.None);
        var slug = host.Succeeded(outcome);
        Assert.Equal(["web", "worker"], slug.ProcessTypes.Keys);
        Assert.Equal(("bookworm", "Procfile"), (slug.Stack, slug.BuildpackNames));
        Assert.Equal("hello", await host.RunAsync(slug, "cat", "/app/hello.txt"));
        Assert.Equal("21000:21000 21000:21000\n", await host.RunAsync(slug, "sh", "-c", "stat -c %u:%g /app hello.txt | xargs"));
        Assert.Contains("-----> Building on the Bookworm stack\n-----> Determining which buildpack to use for this app\n-----> Procfile app detected", host.Text, StringComparison.Ordinal);
        Assert.Contains("-----> Discovering process types\n       Procfile declares types -> web, worker", host.Text, StringComparison.Ordinal);
        Assert.Equal(host.Lines, await File.ReadAllLinesAsync(BuildLog.PathOf(host.Settings, 1)));
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task The_image_says_what_it_is_and_adds_one_layer_to_its_stack()
    {
        var slug = host.Succeeded(await host.BuildAsync(host.Request(("Procfile", "web: x")), CancellationToken.None));
        var image = (await host.Docker.InspectImageAsync(slug.Image, CancellationToken.None))!;
        var stack = (await host.Docker.InspectImageAsync("minipaas/stack-bookworm:run", CancellationToken.None))!;
        Assert.Equal(slug.Id, image.Id);
        Assert.Equal($"{host.Settings.Namespace}/sample:{slug.ShortId}", slug.Image);
        Assert.Equal(stack.RootFS.Layers.Length + 1, image.RootFS.Layers.Length);
        Assert.Equal("21000:21000", image.Config.User);
        var labels = image.Config.Labels;
        Assert.Equal(
            ("slug", "42", new string('a', 40), "bookworm", stack.Id, "Procfile"),
            (labels["minipaas.kind"], labels["minipaas.app"], labels["minipaas.commit"], labels["minipaas.stack"], labels["minipaas.stack-image"], labels["minipaas.buildpacks"]));
        Assert.Equal("x", JsonDocument.Parse(labels["minipaas.process-types"]).RootElement.GetProperty("web").GetString());
    }

    [Fact]
    public async Task The_same_commit_gives_the_same_slug()
    {
        host.UseScriptPack();
        const string compile = "cd $BUILD_DIR; echo $BUILD_DIR > where; touch -d yesterday old; ln where hard; ln -s /etc/passwd link; mkdir -p d/e; umask 077; date +%N >/dev/null; echo x > d/private\n";
        var first = host.Succeeded(await host.ScriptAsync(compile));
        var second = host.Succeeded(await host.ScriptAsync(compile));
        Assert.Equal(first.Id, second.Id);
        var third = host.Succeeded(await host.ScriptAsync(compile + "echo y > d/private\n"));
        Assert.NotEqual(first.Id, third.Id);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_failing_compile_rejects_the_build_in_Heroku_s_words()
    {
        host.UseScriptPack();
        var outcome = await host.ScriptAsync("echo '       compiling'; echo oops >&2; exit 3\n");
        Assert.Contains("failed to compile Script app", host.Rejected(outcome), StringComparison.Ordinal);
        Assert.Contains("       compiling", host.Lines);
        Assert.Contains("oops", host.Lines);
        Assert.EndsWith("\n !     Push rejected, failed to compile Script app.\n\n !     Push failed", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task The_build_environment_is_the_classic_one_and_config_vars_are_files()
    {
        host.UseScriptPack();
        const string compile = """
            env -u BUILD_DIR -u CACHE_DIR -u ENV_DIR env | cut -d= -f1 | grep -v -e CA_ -e CAINFO -e CERT -e '^CURL_CA' | sort | xargs echo variables
            id | sed 's/^/id /'; echo cwd $PWD; echo dirs $BUILD_DIR $CACHE_DIR $ENV_DIR
            echo vars $(ls $ENV_DIR) $(cat $ENV_DIR/GREETING)
            echo writable $(for d in /app /tmp . $BUILD_DIR $CACHE_DIR $ENV_DIR /usr /etc /tmp/codon/platform; do [ -w $d ] && echo $d; done)
            echo caps $(grep -e CapEff -e NoNewPrivs /proc/self/status)
            echo sockets $(find / -name 'docker*.sock' 2>/dev/null)
            """;
        host.Succeeded(await host.ScriptAsync(compile));
        Assert.Contains("variables BUILDPACK_LOG_FILE DOTNET_ROOT DYNO HOME MINIPAAS_SOURCE_DATE MINIPAAS_STACK OLDPWD PATH PWD REQUEST_ID SHLVL SOURCE_VERSION STACK _", host.Lines);
        Assert.Contains("id uid=21000(dyno) gid=21000(dyno) groups=21000(dyno)", host.Lines);
        Assert.Contains("cwd /tmp/codon/tmp/buildpacks/script", host.Lines);
        Assert.Contains("dirs /tmp/build_0000002a /tmp/codon/tmp/cache /tmp/env_0000002a", host.Lines);
        Assert.Contains("vars GREETING SECRET hello", host.Lines);
        Assert.Contains("writable /app /tmp . /tmp/build_0000002a /tmp/codon/tmp/cache", host.Lines);
        Assert.Contains("caps CapEff: 0000000000000000 NoNewPrivs: 1", host.Lines);
        Assert.Contains("sockets", host.Lines);
        Assert.DoesNotContain("s3cret", host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cache_is_kept_from_build_to_build()
    {
        host.UseScriptPack();
        host.Succeeded(await host.ScriptAsync("echo kept > $CACHE_DIR/file\n"));
        host.Succeeded(await host.ScriptAsync("cat $CACHE_DIR/file\n"));
        Assert.Contains("kept", host.Lines);
    }

    [Fact]
    public async Task Process_types_of_the_buildpack_fill_in_what_the_Procfile_lacks()
    {
        host.UseScriptPack();
        var slug = host.Succeeded(await host.ScriptAsync(
            "", ("release.yml", "default_process_types:\n  web: theirs\n  rake: bundle exec rake\n")));
        Assert.Equal([new("rake", "bundle exec rake"), new("web", "./serve")], slug.ProcessTypes);
        Assert.Contains("       Procfile declares types     -> web\n       Default types for buildpack -> rake", host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_checks_and_mounts_are_carried_in_the_slug()
    {
        host.UseScriptPack();
        var slug = host.Succeeded(await host.ScriptAsync(
            "mkdir -p $BUILD_DIR/.minipaas; echo dotnet > $BUILD_DIR/.minipaas/mounts\n",
            ("app.json", """{ "healthchecks": { "web": [ { "path": "/up" } ] } }""")));
        Assert.Equal("dotnet", Assert.Single(slug.Mounts));
        Assert.Equal("/up", JsonDocument.Parse(slug.Healthchecks!).RootElement.GetProperty("web")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task A_composer_requirement_chooses_the_stack()
    {
        (string, string)[] files =
        [
            ("index.php", "<?php echo PHP_VERSION;"),
            ("composer.json", """{ "require": { "php": "^5.6|^7.0" } }"""),
        ];
        var slug = host.Succeeded(await host.BuildAsync(host.Request(files), CancellationToken.None));
        Assert.Equal(("bullseye", "PHP"), (slug.Stack, slug.BuildpackNames));
        Assert.Single(host.Lines, line => line == "-----> PHP app detected");
        Assert.StartsWith("7.4.", await host.RunAsync(slug, "php", "/app/index.php"), StringComparison.Ordinal);

        // The next build begins where the last one ended: it needs one container only.
        var again = await host.BuildAsync(host.Request(files) with { LastStack = slug.Stack }, CancellationToken.None);
        Assert.Equal(slug.Stack, host.Succeeded(again).Stack);
        Assert.DoesNotContain(((BuildOutcome.Succeeded)again).Steps, step => step.Name == "buildpack on its stack");
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task An_app_that_no_buildpack_knows_is_rejected_with_a_hint()
    {
        var outcome = await host.BuildAsync(host.Request(("readme.txt", "hi")), CancellationToken.None);
        Assert.Equal("No default language could be detected for this app.", host.Rejected(outcome));
        Assert.Contains("HINT", host.Text, StringComparison.Ordinal);
        Assert.Equal(" !     Push failed", host.Lines[^1]);
    }

    [Fact]
    public async Task A_buildpack_that_was_set_must_recognise_the_app()
    {
        host.UseScriptPack();
        var outcome = await host.BuildAsync(host.Request(("readme.txt", "hi")) with { Buildpacks = ["script"] }, CancellationToken.None);
        host.Rejected(outcome);
        Assert.Contains("-----> App not compatible with buildpack: minipaas/script\n       no compile.sh", host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_stack_image_is_named_with_the_command_that_makes_it()
    {
        host.UseScriptPack();
        var outcome = await host.BuildAsync(host.Request(("compile.sh", "")) with { StackWanted = "woody" }, CancellationToken.None);
        Assert.Contains("not installed", host.Rejected(outcome), StringComparison.Ordinal);
        host.InstallStack("woody");
        outcome = await host.BuildAsync(host.Request(("compile.sh", "")) with { StackWanted = "woody" }, CancellationToken.None);
        Assert.Contains("lacks the build image", host.Rejected(outcome), StringComparison.Ordinal);
        Assert.Contains("install.sh --stacks woody", host.Text, StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }
}
