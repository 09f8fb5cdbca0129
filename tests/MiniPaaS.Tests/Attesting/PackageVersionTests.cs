using MiniPaaS.Daemon.Attesting;

namespace MiniPaaS.Tests.Attesting;

public sealed class PackageVersionTests
{
    [Theory]
    // deb-version(7)
    [InlineData("deb", "1.0~rc1-1", "1.0-1")]
    [InlineData("deb", "1.0", "1.0-1")]
    [InlineData("deb", "3.0.11-1~deb12u1", "3.0.11-1~deb12u2")]
    [InlineData("deb", "3.0.11-1~deb12u2", "3.0.11-1")]
    [InlineData("deb", "9.9", "1:0.1")]
    [InlineData("deb", "1.2.9", "1.2.10")]
    [InlineData("deb", "1.2a", "1.2+b")]
    [InlineData("deb", "1.0-1", "1.0-1+b1")]
    // Semantic Versioning 2.0, 11
    [InlineData("npm", "1.0.0-alpha", "1.0.0-alpha.1")]
    [InlineData("npm", "1.0.0-alpha.1", "1.0.0-alpha.beta")]
    [InlineData("npm", "1.0.0-beta.2", "1.0.0-beta.11")]
    [InlineData("npm", "1.0.0-rc.1", "1.0.0")]
    [InlineData("npm", "4.17.9", "4.17.20")]
    [InlineData("golang", "v0.0.0-20230101000000-abcdef123456", "v0.1.0")]
    [InlineData("golang", "v1.9.0", "v1.10.0")]
    [InlineData("nuget", "13.0.1", "13.0.3")]
    // PEP 440, RubyGems, Composer
    [InlineData("pypi", "1.0.dev1", "1.0a1")]
    [InlineData("pypi", "1.0a1", "1.0rc1")]
    [InlineData("pypi", "1.0rc1", "1.0")]
    [InlineData("pypi", "1.0", "1.0.post1")]
    [InlineData("pypi", "1.0.post1", "1.0.1")]
    [InlineData("gem", "7.0.0.rc1", "7.0.0")]
    [InlineData("composer", "v1.0.0-RC1", "1.0.0")]
    [InlineData("composer", "dev-main", "0.1")]
    [InlineData("composer", "2.9.1", "2.10.0")]
    [InlineData("composer", "1.99999999999999999999", "1.100000000000000000000")]
    public void Versions_have_the_order_of_their_ecosystem(string type, string earlier, string later)
    {
        Assert.True(PackageVersion.Compare(type, earlier, later) < 0);
        Assert.True(PackageVersion.Compare(type, later, earlier) > 0);
    }

    [Theory]
    [InlineData("npm", "1.0.0+build", "1.0.0")]
    [InlineData("golang", "v2.0.0+incompatible", "2.0.0")]
    [InlineData("pypi", "1.0", "1.0.0")]
    [InlineData("deb", "0:1.0-0", "1.0")]
    [InlineData("composer", "", "")]
    public void Some_are_written_in_several_ways(string type, string one, string other) => Assert.Equal(0, PackageVersion.Compare(type, one, other));

    [Theory]
    [InlineData("lodash", "npm", "lodash", "1", true)]
    [InlineData("Lodash", "npm", "lodash", "1", true)]
    [InlineData("npm:lodash", "gem", "lodash", "1", false)]
    [InlineData("node:lodash@4.17.20", "npm", "lodash", "4.17.20", true)]
    [InlineData("lodash@4.17.20", "npm", "lodash", "4.17.21", false)]
    [InlineData("lodash@<4.17.21", "npm", "lodash", "4.17.20", true)]
    [InlineData("lodash@>=4, <4.17.21", "npm", "lodash", "4.17.21", false)]
    [InlineData("@angular/core@17", "npm", "@angular/core", "17.0.0", true)]
    [InlineData("pip:Flask_Login", "pypi", "flask-login", "1", true)]
    [InlineData("deb:openssl@<3.0.13", "deb", "openssl", "3.0.11-1", true)]
    [InlineData("pkg:deb/debian/openssl@3.0.11-1?arch=amd64", "deb", "openssl", "3.0.11-1", true)]
    [InlineData("pkg:npm/%40angular/core@17.0.0", "npm", "@angular/core", "17.0.0", true)]
    [InlineData("pkg:composer/monolog/monolog", "composer", "monolog/monolog", "2.9.1", true)]
    [InlineData("monolog", "composer", "monolog/monolog", "2.9.1", false)]
    public void A_query_matches_names_and_versions(string text, string type, string name, string version, bool matches)
    {
        Assert.True(PackageQuery.TryParse(text, out var query, out var error), error);
        Assert.Equal(matches, query.Matches(type, [name], version));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a@")]
    [InlineData("pkg:npm")]
    [InlineData("cargo:serde")]
    [InlineData("pkg:cargo/serde@1")]
    public void What_is_no_query_is_refused_with_a_word(string text)
    {
        Assert.False(PackageQuery.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }
}
