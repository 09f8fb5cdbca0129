using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Tests.Building.Fetching;

public sealed class PackReferencesTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-packs");
    private readonly PackReferences references;

    public PackReferencesTests()
    {
        foreach (var pack in (string[])["php", "apt"])
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, pack, "bin"));
            File.WriteAllText(Path.Combine(folder.FullName, pack, "bin", "compile"), "");
        }

        File.WriteAllText(Path.Combine(folder.FullName, "order"), "# in order\nphp\n");
        references = new PackReferences(Settings.FromEnvironment() with
        {
            BuildpacksDir = folder.FullName,
            Packs = new() { Directories = ["/srv/packs"] },
        });
    }

    [Theory]
    [InlineData("php", "own php")]
    [InlineData("heroku/php", "own php")]
    [InlineData("minipaas/php", "own php")]
    [InlineData("urn:buildpack:heroku/php", "own php")]
    [InlineData("heroku-community/apt", "own apt")]
    [InlineData("heroku/ruby", "git https://github.com/heroku/heroku-buildpack-ruby.git")]
    [InlineData("heroku-community/cli", "git https://github.com/heroku/heroku-buildpack-cli.git")]
    [InlineData("urn:buildpack:acme/tool", "git https://github.com/acme/heroku-buildpack-tool.git")]
    [InlineData("acme/php", "git https://github.com/acme/heroku-buildpack-php.git")]
    [InlineData("heroku/php#v1", "git https://github.com/heroku/heroku-buildpack-php.git v1")]
    [InlineData("https://example.org/pack.git", "git https://example.org/pack.git")]
    [InlineData("https://example.org/pack#feature/x", "git https://example.org/pack feature/x")]
    [InlineData("https://example.org/pack#0123456789012345678901234567890123456789", "git https://example.org/pack 0123456789012345678901234567890123456789")]
    [InlineData("http://example.org:8080/pack.git", "git http://example.org:8080/pack.git")]
    [InlineData("git@example.org:org/pack.git#v2", "git https://example.org/org/pack.git v2")]
    [InlineData("ssh://git@example.org:22/org/pack.git", "git https://example.org/org/pack.git")]
    [InlineData("git://example.org/org/pack.git", "git https://example.org/org/pack.git")]
    [InlineData("https://example.org/pack.tgz", "archive https://example.org/pack.tgz")]
    [InlineData("https://example.org/pack.tar.gz?token=x", "archive https://example.org/pack.tar.gz?token=x")]
    [InlineData("https://example.org/pack.tbz", "archive https://example.org/pack.tbz")]
    [InlineData("https://example.org/pack.tar", "archive https://example.org/pack.tar")]
    [InlineData("/srv/packs/mine", "local /srv/packs/mine")]
    [InlineData("file:///srv/packs/mine", "local /srv/packs/mine")]
    [InlineData(" php ", "own php")]
    public void A_reference_is_understood_as_Heroku_and_Dokku_do(string text, string meaning)
    {
        Assert.True(references.TryParse(text, out var reference, out var error), error);
        Assert.Equal(meaning, reference switch
        {
            PackReference.Own own => $"own {own.Folder}",
            PackReference.Repository repository => $"git {repository.Url} {repository.Ref}".TrimEnd(),
            PackReference.Archive archive => $"archive {archive.Url}",
            PackReference.Local local => $"local {local.Path}",
            _ => "?",
        });
    }

    [Theory]
    [InlineData("", "is not a buildpack")]
    [InlineData("ruby", "There is no buildpack \"ruby\" on this platform. There are: php.")]
    [InlineData("-u./run", "is not a buildpack")]
    [InlineData("https://example.org/pack.git --upload-pack=x", "is not a buildpack")]
    [InlineData("https://example.org/pack.git#--upload-pack", "is not the name of a branch")]
    [InlineData("https://example.org/pack.git#a..b", "is not the name of a branch")]
    [InlineData("ext::sh -c id", "is not a buildpack")]
    [InlineData("ftp://example.org/pack.tgz", "is not a buildpack")]
    [InlineData("file:///etc", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("/etc", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("/srv/packs/../../etc", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("/srv/packs", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("/srv/packs-of-others/x", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("file:///srv/packs/%2e%2e/%2e%2e/etc", "MINIPAAS_BUILDPACK_DIRS")]
    [InlineData("../pack", "is not a buildpack")]
    [InlineData("urn:buildpack:https://example.org/x", "is not a buildpack")]
    public void What_cannot_be_one_is_refused_with_what_can(string text, string error)
    {
        Assert.False(references.TryParse(text, out _, out var said));
        Assert.Contains(error, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_an_address_is_used_but_not_shown()
    {
        Assert.True(references.TryParse("https://ada:tok3n@example.org/pack.git", out var reference, out _));
        var repository = Assert.IsType<PackReference.Repository>(reference);
        Assert.Equal(("https://example.org/pack.git", "ada:tok3n"), (repository.Text, repository.Url.UserInfo));
    }

    [Fact]
    public void The_operator_chooses_where_short_names_lead()
    {
        var own = new PackReferences(Settings.FromEnvironment() with
        {
            BuildpacksDir = folder.FullName,
            Packs = PackSettings.Read(name => name == "MINIPAAS_BUILDPACK_SHORTHAND" ? "https://git.example.org/{org}/{name}.git" : null),
        });
        Assert.True(own.TryParse("acme/tool", out var reference, out _));
        Assert.Equal("https://git.example.org/acme/tool.git", Assert.IsType<PackReference.Repository>(reference).Url.ToString());
    }

    [Theory]
    [InlineData("MINIPAAS_BUILDPACK_SHORTHAND", "https://example.org/")]
    [InlineData("MINIPAAS_BUILDPACK_DIRS", "/srv/packs:relative")]
    public void A_setting_that_cannot_work_is_named(string variable, string value) =>
        Assert.Contains(
            variable, Assert.Throws<FormatException>(() => PackSettings.Read(name => name == variable ? value : null)).Message, StringComparison.Ordinal);

    public void Dispose() => folder.Delete(recursive: true);
}
