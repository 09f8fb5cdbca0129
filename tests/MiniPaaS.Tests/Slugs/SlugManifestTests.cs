using System.Text.Json.Nodes;
using MiniPaaS.Daemon.Slugs;

namespace MiniPaaS.Tests.Slugs;

public sealed class SlugManifestTests
{
    private static readonly string Honest = new SlugManifest
    {
        Commit = new string('a', 40),
        CommittedAt = DateTimeOffset.UnixEpoch,
        Stack = "bookworm",
        Buildpacks = [],
        ProcessTypes = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("web", "./serve"),
        Mounts = ["dotnet"],
        Healthchecks = """{"web":[]}""",
        Layer = "sha256:" + new string('b', 64),
    }.Write();

    [Fact]
    public void What_was_written_is_read() => Assert.Equal(Honest, SlugManifest.Read(Honest).Write());

    [Theory]
    [InlineData("Commit", "\"HEAD\"")]
    [InlineData("Commit", "\"--upload-pack=sh\"")]
    [InlineData("Commit", "null")]
    [InlineData("Layer", "\"sha256:..\"")]
    [InlineData("Mounts", "[\"../../etc\"]")]
    [InlineData("Mounts", "[null]")]
    [InlineData("Mounts", "null")]
    [InlineData("ProcessTypes", "{\"web\": \"a\\nb\"}")]
    [InlineData("ProcessTypes", "{\"we b\": \"a\"}")]
    [InlineData("ProcessTypes", "null")]
    [InlineData("Healthchecks", "\"[]\"")]
    [InlineData("Healthchecks", "\"{\"")]
    [InlineData("Buildpacks", "7")]
    [InlineData("Buildpacks", "[null]")]
    [InlineData("Stack", "null")]
    [InlineData("CommittedAt", "\"yesterday\"")]
    public void What_no_slug_can_be_is_refused(string part, string json)
    {
        var manifest = JsonNode.Parse(Honest)!;
        manifest[part] = JsonNode.Parse(json);

        Assert.Throws<SlugException>(() => SlugManifest.Read(manifest.ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    public void What_is_no_manifest_is_refused(string text) => Assert.Throws<SlugException>(() => SlugManifest.Read(text));
}
