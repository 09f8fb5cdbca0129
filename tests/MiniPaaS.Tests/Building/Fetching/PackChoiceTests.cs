using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Tests.Building.Fetching;

public sealed class PackChoiceTests : IDisposable
{
    private readonly DirectoryInfo source = Directory.CreateTempSubdirectory("minipaas-source");
    private readonly PackReferences references = new(Settings.FromEnvironment() with { BuildpacksDir = Path.Combine(Repository.Root, "buildpacks") });

    [Fact]
    public void Each_has_its_word_only_where_nobody_before_it_has()
    {
        var request = Request();
        Assert.True(Choose(request).IsDetection);
        Assert.Equal(references.Detection, Choose(request).Packs);
        request = request with { PinnedBuildpack = "minipaas/php" };
        Assert.Equal(["minipaas/php"], Texts(request));
        Assert.True(Choose(request).IsPinned);
        Write(".buildpacks", "\uFEFF# ours\r\nheroku/a\r\n\r\n  heroku/b#v1  \r\n#heroku/c\r\n");
        Assert.Equal(["heroku/a", "heroku/b#v1"], Texts(request));
        Write("app.json", """{ "buildpacks": [{ "url": "heroku/c" }, { "url": "https://example.org/d" }, {}, 7] }""");
        Assert.Equal(["heroku/c", "https://example.org/d"], Texts(request));
        request = request with { ConfigVars = ConfigVars.From([new("BUILDPACK_URL", "heroku/e")]) };
        Assert.Equal(["heroku/e"], Texts(request));
        request = request with { Buildpacks = ["heroku/f", "heroku/g"] };
        Assert.Equal(["heroku/f", "heroku/g"], Texts(request));
        Assert.False(Choose(request).IsDetection);
    }

    [Theory]
    [InlineData("""{ "buildpacks": [] }""")]
    [InlineData("""{ "buildpacks": "heroku/php" }""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    [InlineData("")]
    public void An_app_json_without_buildpacks_has_no_word(string json)
    {
        Write("app.json", json);
        Assert.True(Choose(Request()).IsDetection);
    }

    [Theory]
    [InlineData(".buildpacks", "file:///etc\n", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData(".buildpacks", "heroku/a https://example.org/b#..\n", "is not the name of a branch")]
    [InlineData("app.json", """{ "buildpacks": ["nothing"] }""", "There is no buildpack \"nothing\"")]
    public void A_reference_that_cannot_be_meant_rejects_the_build_and_says_who_wrote_it(string file, string text, string error)
    {
        Write(file, text);
        var rejection = Assert.Throws<BuildRejectedException>(() => Choose(Request()));
        Assert.Contains(file, rejection.Lines[0], StringComparison.Ordinal);
        Assert.Contains(error, rejection.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_a_symlink_is_not_followed()
    {
        File.CreateSymbolicLink(Path.Combine(source.FullName, ".buildpacks"), "/etc/passwd");
        Assert.Contains("symlink", Assert.Throws<BuildRejectedException>(() => Choose(Request())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_a_limit_to_their_number()
    {
        Write(".buildpacks", string.Concat(Enumerable.Repeat("heroku/a\n", 21)));
        Assert.Contains("at most 20", Assert.Throws<BuildRejectedException>(() => Choose(Request())).Lines[0], StringComparison.Ordinal);
    }

    public void Dispose() => source.Delete(recursive: true);

    private IEnumerable<string> Texts(BuildRequest request) => Choose(request).Packs.Select(pack => pack.Text);

    private PackChoice Choose(BuildRequest request) => PackChoice.Of(request, new UntrustedTree(source.FullName), references);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(source.FullName, name), text);

    private static BuildRequest Request() => new()
    {
        BuildId = 1,
        AppId = 1,
        AppName = Sample.Name("myapp"),
        Commit = new string('a', 40),
        CommittedAt = DateTimeOffset.UnixEpoch,
        WriteSource = (_, _) => Task.CompletedTask,
        ConfigVars = ConfigVars.Empty,
        LeaseNetwork = _ => throw new InvalidOperationException(),
    };
}
