using System.Text.Json;
using System.Text.Json.Nodes;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>SBOM and provenance of real deploys, used as their receivers would.</summary>
public sealed class ProvenanceTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    private const string Lock =
        """
        { "lockfileVersion": 3, "packages": { "node_modules/left-pad": { "version": "1.3.0", "license": "WTFPL" } } }
        """;

    [Fact]
    public async Task A_deploy_leaves_an_SBOM_of_app_and_stack_that_audits_search()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "sbom-found");
        await app.CommitAsync("tools/package-lock.json", Lock);
        (await app.PushAsync()).Expect();

        using var sbom = JsonDocument.Parse(await app.PaasAsync("slugs:sbom", "--json"));
        var purls = sbom.RootElement.GetProperty("components").EnumerateArray()
            .Where(c => c.TryGetProperty("purl", out _)).Select(c => c.GetProperty("purl").GetString()!).ToList();
        Assert.Contains("pkg:npm/left-pad@1.3.0", purls);
        Assert.Contains(purls, purl => purl.StartsWith("pkg:deb/debian/python3@", StringComparison.Ordinal) && purl.Contains("distro=bookworm", StringComparison.Ordinal));
        Assert.Equal("sbom-found", sbom.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("name").GetString());
        Assert.Contains("npm\tleft-pad\t1.3.0\tWTFPL", await app.PaasAsync("slugs:sbom", "v1"), StringComparison.Ordinal);

        Assert.Equal("sbom-found\tv1\tnpm\tleft-pad\t1.3.0", await app.PaasAsync("audit", "left-pad@<2"));
        Assert.Equal("", await app.PaasAsync("audit", "npm:left-pad@>=2"));
        Assert.Contains("sbom-found\tv1\tdeb\tlibssl3", await app.PaasAsync("audit", "deb:openssl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anybody_can_check_the_signature_with_openssl()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "provenance-openssl");
        await File.WriteAllTextAsync(At("key.pem"), (await app.TryPaasAsync("slugs:keys", "--pem")).Expect().Output);
        var envelope = JsonNode.Parse(await app.PaasAsync("slugs:provenance", "--json"))!;
        var payload = Convert.FromBase64String((string)envelope["payload"]!);
        var type = (string)envelope["payloadType"]!;
        await File.WriteAllBytesAsync(At("signature"), Convert.FromBase64String((string)envelope["signatures"]![0]!["sig"]!));
        await File.WriteAllBytesAsync(At("signed"), [.. System.Text.Encoding.UTF8.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload]);
        await File.WriteAllBytesAsync(At("forged"), [.. await File.ReadAllBytesAsync(At("signed")), (byte)' ']);

        Assert.Contains("Verified OK", (await OpensslAsync("signed")).Expect().Output, StringComparison.Ordinal);
        Assert.False((await OpensslAsync("forged")).Succeeded);

        var statement = JsonNode.Parse(payload)!;
        Assert.Equal("https://in-toto.io/Statement/v1", (string)statement["_type"]!);
        var commit = (string)statement["predicate"]!["buildDefinition"]!["resolvedDependencies"]![0]!["digest"]!["gitCommit"]!;
        Assert.Equal(await app.GitAsync("rev-parse", "HEAD"), commit);
        var tree = (string)statement["predicate"]!["buildDefinition"]!["resolvedDependencies"]![0]!["digest"]!["gitTree"]!;
        Assert.Equal(await app.GitAsync("rev-parse", "HEAD^{tree}"), tree);
        Assert.StartsWith((await app.ReleasesAsync())[0].SlugDigest!, (string)statement["subject"]![0]!["digest"]!["sha256"]!, StringComparison.Ordinal);
        Assert.Contains("Verified\tsigned by ", await app.PaasAsync("slugs:provenance", "--verify"), StringComparison.Ordinal);
        Assert.Contains("Verified\tsigned by ", await app.PaasAsync("slugs:provenance", "--key", At("key.pem")), StringComparison.Ordinal);

        string At(string file) => Path.Combine(app.Folder, "..", $"provenance-openssl.{file}");
        Task<CommandResult> OpensslAsync(string file) =>
            Command.RunAsync("openssl", ["dgst", "-sha256", "-verify", At("key.pem"), "-signature", At("signature"), At(file)]);
    }

    [Fact]
    public async Task Where_provenance_is_required_nothing_else_goes_live_and_what_is_live_stays()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "provenance-required");
        await app.PaasAsync("features:enable", "require-provenance");
        await app.PaasAsync("config:set", "COLOUR=red");

        // 1. An envelope that was changed: the release that would use it does not go live, and the reason is said.
        await SqlAsync(app, "UPDATE attestations SET provenance = replace(provenance, '\"sig\":\"M', '\"sig\":\"N') WHERE app_id = ");
        var tampered = await app.TryPaasAsync("config:set", "COLOUR=blue");
        Assert.Equal(1, tampered.ExitCode);
        Assert.Contains("cannot be trusted: no trusted key has signed it, or it was changed since", tampered.Errors, StringComparison.Ordinal);
        Assert.Equal(1, (await app.TryPaasAsync("slugs:provenance", "--verify")).ExitCode);
        Assert.Equal("red", await app.GetAsync("/env/COLOUR"));

        // 2. A slug without any.
        await SqlAsync(app, "DELETE FROM attestations WHERE app_id = ");
        await app.TryPaasAsync("ps:restart");
        await Eventually.HoldsAsync(
            "the log says why the restart was given up",
            async () => (await app.PaasAsync("logs", "-n", "5000")).Contains("cannot be trusted: it has none", StringComparison.Ordinal));
        Assert.Equal("version 1", await app.GetAsync());

        // 3. A push of the same source builds it anew, since what was built may not be used.
        await app.CommitAsync("Again");
        var again = (await app.PushAsync()).Expect();
        Assert.DoesNotContain("Already built", again.Errors, StringComparison.Ordinal);
        Assert.Contains("Verified", await app.PaasAsync("slugs:provenance", "--verify"), StringComparison.Ordinal);

        // 4. Without the requirement it is only missed.
        await app.PaasAsync("features:disable", "require-provenance");
        await SqlAsync(app, "DELETE FROM attestations WHERE app_id = ");
        await app.PaasAsync("config:set", "COLOUR=green");
        Assert.Equal("green", await app.GetAsync("/env/COLOUR"));
        Assert.Contains("has no SBOM", (await app.TryPaasAsync("slugs:sbom")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_signs_and_the_old_one_stays_trusted()
    {
        await using var platform = await Harness.Platform.StartAsync();
        var app = await TestApp.DeployAsync(platform, "versioned", "provenance-rotate");
        var old = (await app.PaasAsync("slugs:keys")).Split('\t')[0];

        var id = (await Command.RunAsync(
            Harness.Platform.DaemonProgram, ["signing-key", "rotate"], environment: new Dictionary<string, string> { ["MINIPAAS_STATE_DIR"] = platform.StateDir }))
            .Expect().Output.Trim();

        Assert.Equal($"{id}\tsigns\n{old}\ttrusted", await app.PaasAsync("slugs:keys"));
        Assert.Contains($"signed by {old}", await app.PaasAsync("slugs:provenance", "--verify"), StringComparison.Ordinal);
        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        Assert.Contains($"signed by {id}", await app.PaasAsync("slugs:provenance", "--verify"), StringComparison.Ordinal);
        Assert.Contains($"signed by {old}", await app.PaasAsync("slugs:provenance", "v1", "--verify"), StringComparison.Ordinal);
    }

    // As somebody who can write to the database, but has not the key.
    private async Task SqlAsync(TestApp app, string statement) => (await Command.RunAsync(
        "sqlite3", [Path.Combine(Platform.StateDir, "minipaas.db"), ".timeout 60000", statement + (await app.InfoAsync()).Number])).Expect();
}
