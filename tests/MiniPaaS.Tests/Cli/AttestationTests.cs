using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

public sealed class AttestationTests : IAsyncLifetime
{
    private static readonly string Slug = new('a', 64);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 1);
        _paas.Environment["PAAS_APP"] = "myapp";
        _server.Releases.Add(Wire.Release(1, "Deploy", "succeeded", current: true, Slug[..12], error: null));
        _server.Sbom = Encoding.UTF8.GetBytes(
            """
            {"metadata":{"properties":[{"name":"minipaas:skipped","value":"go.sum: not of its format"}]},"components":[
            {"type":"operating-system","name":"debian","version":"12"},
            {"type":"library","group":"@angular","name":"core","version":"17.0.1","purl":"pkg:npm/%40angular/core@17.0.1","licenses":[{"license":{"id":"MIT"}}]}]}
            """);
        _server.SigningKeys.Add(new SigningKeyInfo(Dsse.KeyId(_key), true, _key.ExportSubjectPublicKeyInfoPem() + "\n"));
        _server.Envelope = Dsse.Sign(_key, Dsse.InToto, JsonSerializer.SerializeToUtf8Bytes(Statement(), ProvenanceJson.Default.ProvenanceStatement));
    }

    public async Task DisposeAsync()
    {
        _key.Dispose();
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_sbom_is_a_list_for_people_and_the_document_itself_as_JSON()
    {
        var list = await _paas.RunAsync("slugs:sbom");
        var json = await _paas.RunAsync("slugs:sbom", "v1", "--json");

        Assert.Equal("operating-system\tdebian\t12\t-\nnpm\t@angular/core\t17.0.1\tMIT\n", list.Out);
        Assert.Contains("go.sum: not of its format", list.Err, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetString(_server.Sbom) + "\n", json.Out);
    }

    [Fact]
    public async Task Provenance_is_shown_and_verified_with_the_keys_of_the_server()
    {
        var shown = await _paas.RunAsync("slugs:provenance");
        var verified = await _paas.RunAsync("slugs:provenance", "--verify");

        Assert.Contains($"Slug\tsha256:{Slug}\n", shown.Out, StringComparison.Ordinal);
        Assert.Contains("From source\tgit+http://paas.localhost/myapp.git gitCommit:abc\n", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"Signed by\t{Dsse.KeyId(_key)} (not verified: --verify does)\n", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"Verified\tsigned by {Dsse.KeyId(_key)}\n", verified.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_is_believed_instead_of_the_server()
    {
        var file = Path.Combine(_paas.WorkDirectory, "keys.pem");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(file, other.ExportSubjectPublicKeyInfoPem());

        var refused = await _paas.RunAsync("slugs:provenance", "--key", file);
        await File.AppendAllTextAsync(file, "\n" + (await _paas.RunAsync("slugs:keys", "--pem")).Out);
        var verified = await _paas.RunAsync("slugs:provenance", "--key", file, "--json");
        await File.WriteAllTextAsync(file, "nothing");
        var unusable = await _paas.RunAsync("slugs:provenance", "--key", file);

        Assert.Equal((1, ""), (refused.ExitCode, refused.Out));
        Assert.Contains("cannot be trusted: no trusted key has signed it", refused.Err, StringComparison.Ordinal);
        Assert.Equal(0, verified.ExitCode);
        Assert.Equal(_server.Envelope!.Payload, JsonDocument.Parse(verified.Out).RootElement.GetProperty("payload").GetString());
        Assert.Equal(2, unusable.ExitCode);
    }

    [Fact]
    public async Task An_SBOM_that_was_changed_is_noticed()
    {
        _server.Sbom = [.. _server.Sbom, (byte)' '];
        var result = await _paas.RunAsync("slugs:provenance", "--verify");
        Assert.Equal((1, ""), (result.ExitCode, result.Out));
        Assert.Contains("SBOM is not the one that was signed", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_listed_with_the_one_that_signs() =>
        Assert.Equal($"{Dsse.KeyId(_key)}\tsigns\n", (await _paas.RunAsync("slugs:keys")).Out);

    [Fact]
    public async Task An_audit_lists_apps_and_says_what_it_does_not_know()
    {
        _server.Audit = new AuditReport(
            [new AuditMatch("myapp", 3, true, "npm", "lodash", "4.17.20", "pkg:npm/lodash@4.17.20")], [new AuditRelease("old", 1, true)], 2);

        var result = await _paas.RunAsync("audit", "npm:lodash@<4.17.21", "--all");

        Assert.Equal("myapp\tv3\tnpm\tlodash\t4.17.20\n", result.Out);
        Assert.Contains("old v1", result.Err, StringComparison.Ordinal);
        Assert.Equal("/audit?package=npm%3Alodash%40%3C4.17.21&all=true", _server.Requests.Last().Target);
    }

    private ProvenanceStatement Statement() => new()
    {
        Subject = [Resource("minipaas/myapp", "sha256", Slug), Resource("layer.tar", "sha256", new string('1', 64))],
        Predicate = new Provenance(
            new BuildDefinition(
                "urn:x",
                new ExternalParameters("myapp", "git+http://paas.localhost/myapp.git", null, [], ["A", "B"]),
                new InternalParameters("bookworm", "sha256:d", []),
                [Resource("source", "gitCommit", "abc") with { Uri = "git+http://paas.localhost/myapp.git" }]),
            new RunDetails(
                new Builder("http://paas.localhost", ImmutableSortedDictionary<string, string>.Empty.Add("minipaas", "0.1.0")),
                new BuildMetadata("http://paas.localhost/builds/1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch),
                [Resource("sbom.cdx.json", "sha256", Convert.ToHexStringLower(SHA256.HashData(_server.Sbom)))])),
    };

    private static ResourceDescriptor Resource(string name, string algorithm, string digest) =>
        new() { Name = name, Digest = ImmutableSortedDictionary<string, string>.Empty.Add(algorithm, digest) };
}
