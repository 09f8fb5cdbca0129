using System.Text.Json;
using MiniPaaS.EndToEnd.Harness;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd;

/// <summary>Slugs: built once, looked into, compared, verified, carried elsewhere.</summary>
public sealed class SlugTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task What_was_built_already_is_released_without_a_build()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "slug-reuse");
        await app.CommitAsync("Nothing");

        var unchanged = (await app.PushAsync()).Expect();

        Assert.Contains("-----> Already built: the same source, buildpacks, stack and config vars made slug", unchanged.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Building source", unchanged.Errors, StringComparison.Ordinal);
        Assert.Contains("Released v2", unchanged.Errors, StringComparison.Ordinal);

        await app.CommitAsync("version", "2");
        Assert.Contains("Building source", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        await app.GitAsync("revert", "--no-edit", "HEAD");
        Assert.Contains("(v1)", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        Assert.Equal("version 1", await app.GetAsync());
        var releases = await app.ReleasesAsync();
        Assert.Equal([releases[3].Slug, releases[3].Slug], releases.Where(r => r.Version is 2 or 4).Select(r => r.Slug));
        var slugs = await SlugsAsync(app);
        Assert.Equal("1 2 4", string.Join(' ', slugs.Single(slug => slug.Releases.Length > 1).Releases));
    }

    [Fact]
    public async Task A_config_var_is_an_input_of_a_build_and_a_purged_cache_forgets_what_was_built()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "slug-inputs");
        await app.PaasAsync("config:set", "SECRET=a-value-of-its-own");
        await app.CommitAsync("Nothing");
        Assert.Contains("Building source", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        await app.CommitAsync("Nothing again");
        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        await app.PaasAsync("builds:cache:purge");
        await app.CommitAsync("Nothing at all");
        Assert.Contains("Building source", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        var info = await app.PaasAsync("slugs:info", "--json");
        Assert.Contains("SECRET", info, StringComparison.Ordinal);
        Assert.DoesNotContain("a-value-of-its-own", info, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_slugignore_names_is_no_input()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "slug-ignored");
        await app.CommitAsync(".slugignore", "notes\n");
        (await app.PushAsync()).Expect();

        await app.CommitAsync("notes/today", "nothing that runs");

        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slugs_are_listed_looked_into_and_compared()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "slug-diff");
        await app.GitAsync("mv", "server", "program");
        app.Write("Procfile", "web: python3 program\n");
        app.Write("version", "222");
        await app.CommitAsync("Second");
        (await app.PushAsync()).Expect();

        var slugs = await SlugsAsync(app);
        Assert.Equal(2, slugs.Length);
        Assert.Contains("Procfile", await app.PaasAsync("slugs"), StringComparison.Ordinal);
        var info = JsonSerializer.Deserialize(await app.PaasAsync("slugs:info", "v1", "--json"), ProtocolJson.Default.SlugInfo)!;
        Assert.Equal(slugs[1].Id, info.Id);
        Assert.Equal(await app.GitAsync("rev-parse", "HEAD~:"), info.Inputs!.Tree);
        Assert.Contains("in 3 files", await app.PaasAsync("slugs:info", info.Digest["sha256:".Length..][..8]), StringComparison.Ordinal);
        Assert.Matches("644\t2\t4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865\tversion", await app.PaasAsync("slugs:info", "v1", "--files"));

        var lines = (await app.PaasAsync("slugs:diff", "v1", "v2")).Split('\n').Select(line => line.Split('\t')).ToArray();
        Assert.Equal(["changed Procfile content", "added program -", "removed server -", "changed version content"], lines.Select(l => $"{l[0]} {l[3]} {l[4]}"));
        Assert.Equal(("2", "3"), (lines[3][1], lines[3][2]));
        Assert.Contains("has no slug \"v9\"", (await app.TryPaasAsync("slugs:info", "v9")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slug_that_its_inputs_make_again_is_verified()
    {
        var app = await TestApp.DeployAsync(Platform, "php-hello", "slug-verified");

        Assert.Contains("the same to the bit", await app.PaasAsync("slugs:verify", "v1"), StringComparison.Ordinal);
        Assert.Equal("Hello from PHP", (await app.GetAsync())[.."Hello from PHP".Length]);
        Assert.Single(await app.ReleasesAsync());
    }

    [Fact]
    public async Task A_slug_that_its_inputs_do_not_make_again_is_found_out()
    {
        var app = await TestApp.CreateAsync(Platform, "php-hello", "slug-unlike");
        await app.CommitAsync("composer.json", """{ "scripts": { "compile": "date +%s%N > built" } }""");
        (await app.PushAsync()).Expect();

        var verify = await app.TryPaasAsync("slugs:verify");

        Assert.Equal(1, verify.ExitCode);
        Assert.Contains("v1 is not what its inputs make: it differs in 1 place,", verify.Errors, StringComparison.Ordinal);
        Assert.Equal(["changed", "20", "20", "built", "content"], verify.Output.TrimEnd('\n').Split('\t'));
    }

    private static async Task<SlugInfo[]> SlugsAsync(TestApp app) =>
        [.. JsonSerializer.Deserialize(await app.PaasAsync("slugs", "--json"), ProtocolJson.Default.ImmutableArraySlugInfo)];
}
