using System.Text.Json;
using MiniPaaS.Daemon.Attesting;

namespace MiniPaaS.Tests.Attesting;

/// <summary>What is read from the files of each ecosystem.</summary>
public sealed class LockFileTests
{
    private static readonly string Sha512 = Convert.ToBase64String(Enumerable.Repeat((byte)0xAB, 64).ToArray());

    [Fact]
    public void Composer_says_what_it_installed()
    {
        const string packages =
            """
            [{ "name": "Monolog/Monolog", "version": "2.9.1", "license": ["MIT"],
               "dist": { "type": "zip", "reference": "f259e2b", "shasum": "0123456789abcdef0123456789abcdef01234567" } },
             { "name": "acme/either", "version": "v1.0.0", "license": ["MIT", "GPL-2.0-only"], "dist": { "shasum": "" } },
             { "name": "acme/nameless" }, { "version": "1" }, 7]
            """;
        var two = Read($$"""{ "packages": {{packages}}, "dev": true, "dev-package-names": [] }""", ComposerPackages.Installed);
        Assert.Equal(["pkg:composer/monolog/monolog@2.9.1", "pkg:composer/acme/either@v1.0.0"], Purls(two));
        Assert.Equal(new PackageHash("SHA-1", "0123456789abcdef0123456789abcdef01234567"), two[0].Hash);
        Assert.Equal(["MIT", "GPL-2.0-only"], two[1].Licences.AsEnumerable());
        Assert.Null(two[1].Hash);
        Assert.Equal(Purls(two), Purls(Read(packages, ComposerPackages.Installed)));
    }

    [Fact]
    public void A_composer_lock_is_read_without_what_developers_need() => Assert.Equal(
        ["pkg:composer/a/b@1.0"],
        Purls(Read("""{ "packages": [{ "name": "a/b", "version": "1.0" }], "packages-dev": [{ "name": "c/d", "version": "2.0" }] }""", ComposerPackages.Locked)));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Npm_locks_list_packages_by_their_place(int version)
    {
        var text =
            $$"""
            { "name": "app", "lockfileVersion": {{version}}, "packages": {
              "": { "name": "app", "version": "1.0.0" },
              "packages/own": { "version": "0.1.0" },
              "node_modules/own": { "resolved": "packages/own", "link": true },
              "node_modules/@angular/core": { "version": "17.0.1", "license": "MIT", "integrity": "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA= sha512-{{Sha512}}" },
              "node_modules/a/node_modules/b": { "version": "2.0.0", "license": "(MIT OR Apache-2.0)" },
              "node_modules/alias": { "name": "lodash", "version": "4.17.20" },
              "node_modules/tool": { "version": "9.0.0", "dev": true } } }
            """;
        var locked = Read(text, json => NpmPackages.Locked(json, development: false));
        Assert.Equal(["pkg:npm/%40angular/core@17.0.1", "pkg:npm/b@2.0.0", "pkg:npm/lodash@4.17.20"], Purls(locked));
        Assert.Equal("SHA-512", locked[0].Hash!.Algorithm);
        Assert.Equal(string.Concat(Enumerable.Repeat("ab", 64)), locked[0].Hash!.Hex);
        Assert.Contains("pkg:npm/tool@9.0.0", Purls(Read(text, json => NpmPackages.Locked(json, development: true))));
    }

    [Fact]
    public void Npm_locks_of_version_1_nest_packages()
    {
        const string text =
            """
            { "lockfileVersion": 1, "dependencies": {
              "a": { "version": "1.0.0", "requires": { "b": "^1" }, "dependencies": { "b": { "version": "1.5.0" } } },
              "other": { "version": "npm:@scope/real@3.0.0" },
              "tool": { "version": "2.0.0", "dev": true } } }
            """;
        Assert.Equal(
            ["pkg:npm/a@1.0.0", "pkg:npm/b@1.5.0", "pkg:npm/%40scope/real@3.0.0"],
            Purls(Read(text, json => NpmPackages.Locked(json, development: false))));
    }

    [Theory]
    [InlineData("""{ "name": "x", "version": "1.0.0", "license": "ISC" }""", "ISC")]
    [InlineData("""{ "name": "x", "version": "1.0.0", "license": { "type": "BSD-3-Clause", "url": "y" } }""", "BSD-3-Clause")]
    [InlineData("""{ "name": "x", "version": "1.0.0", "licenses": [{ "type": "MIT" }, { "type": "WTFPL" }] }""", "MIT WTFPL")]
    [InlineData("""{ "name": "x", "version": "1.0.0", "license": 7 }""", "")]
    public void An_installed_npm_package_states_its_licence(string text, string licences) =>
        Assert.Equal(licences, string.Join(' ', Assert.Single(Read(text, NpmPackages.Installed)).Licences));

    [Fact]
    public void Published_dotnet_apps_list_their_packages()
    {
        var components = Read(
            $$"""
            { "libraries": { "app/1.0.0": { "type": "project" },
              "Newtonsoft.Json/13.0.3": { "type": "package", "serviceable": true, "sha512": "sha512-{{Sha512}}" },
              "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/10.0.1": { "type": "runtimepack", "sha512": "" } } }
            """,
            NuGetPackages.Published);
        Assert.Equal(["pkg:nuget/Newtonsoft.Json@13.0.3", "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@10.0.1"], Purls(components));
        Assert.Equal("SHA-512", components[0].Hash!.Algorithm);
    }

    [Theory]
    [InlineData("License: BSD\n", "BSD")]
    [InlineData("License-Expression: MIT OR Apache-2.0\nLicense: old words\n", "MIT OR Apache-2.0")]
    [InlineData("License: UNKNOWN\nClassifier: License :: OSI Approved :: BSD License\n", "BSD License")]
    [InlineData("License: A licence\n        of many lines that is here as a whole and is longer than a name\nClassifier: Topic :: X\n", "A licence")]
    [InlineData("", "")]
    public void Python_distributions_are_read_by_their_headers(string headers, string licence)
    {
        var component = Assert.Single(PythonPackages.Installed(
            $"Metadata-Version: 2.1\r\nName: Flask_Login\r\nVersion: 0.6.3+local\r\n{headers}\nName: not-a-header\nVersion: 9\n"));
        Assert.Equal("pkg:pypi/flask-login@0.6.3%2Blocal", component.Package.ToString());
        Assert.Equal(licence, string.Join(' ', component.Licences));
    }

    [Fact]
    public void Bundler_locks_have_gems_of_servers_and_of_git_with_their_checksums()
    {
        var components = GemPackages.Locked(
            $"""
            GIT
              remote: x
              revision: abc
              specs:
                own (0.2.0)
                  rack (>= 2)

            PATH
              remote: engines/a
              specs:
                a (0.1.0)

            GEM
              remote: x
              specs:
                nokogiri (1.15.4-x86_64-linux)
                  racc (~> 1.4)
                rack (2.2.6.rc1)

            PLATFORMS
              x86_64-linux

            CHECKSUMS
              rack (2.2.6.rc1) sha256={new string('c', 64)}
              nokogiri (1.15.4-x86_64-linux)

            DEPENDENCIES
              rack (~> 2.2)
            """).ToList();
        Assert.Equal(["pkg:gem/own@0.2.0", "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux", "pkg:gem/rack@2.2.6.rc1"], Purls(components));
        Assert.Equal(new PackageHash("SHA-256", new string('c', 64)), components[2].Hash);
    }

    [Theory]
    [InlineData("rack-2.2.6.gemspec", "pkg:gem/rack@2.2.6")]
    [InlineData("net-http-persistent-4.0.2.gemspec", "pkg:gem/net-http-persistent@4.0.2")]
    [InlineData("multi-2fa-1.0.gemspec", "pkg:gem/multi-2fa@1.0")]
    [InlineData("nokogiri-1.15.4-x86_64-linux.gemspec", "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux")]
    public void Installed_gems_are_named_by_their_specifications(string file, string purl)
    {
        var component = Assert.Single(GemPackages.Installed(file, "Gem::Specification.new do |s|\n  s.licenses = [\"MIT\".freeze, 'Ruby']\nend\n"));
        Assert.Equal(purl, component.Package.ToString());
        Assert.Equal(["MIT", "Ruby"], component.Licences.AsEnumerable());
        Assert.Empty(GemPackages.Installed("app.gemspec", ""));
    }

    [Fact]
    public void Vendored_go_modules_are_those_that_replace_others()
    {
        const string text =
            """
            # github.com/Masterminds/semver v1.5.0
            ## explicit
            github.com/Masterminds/semver
            # golang.org/x/net v0.1.0 => golang.org/x/net v0.2.0
            # example.org/own v0.0.0 => ./own
            # golang.org/x/net => golang.org/x/net v0.2.0
            """;
        Assert.Equal(["pkg:golang/github.com/masterminds/semver@v1.5.0", "pkg:golang/golang.org/x/net@v0.2.0"], Purls([.. GoModules.Vendored(text)]));
    }

    [Fact]
    public void Go_sums_name_modules_once()
    {
        const string sum = "h1:Khu2En+0gcYPZ2kuIihfswbzxv/mIHXgzPZ018Oty48=";
        var component = Assert.Single(GoModules.Summed($"gopkg.in/yaml.v3 v3.0.1 {sum}\ngopkg.in/yaml.v3 v3.0.1/go.mod {sum}\nbroken\n"));
        Assert.Equal(("pkg:golang/gopkg.in/yaml.v3@v3.0.1", sum), (component.Package.ToString(), component.GoSum));
    }

    [Fact]
    public void A_go_program_names_its_compiler_and_what_it_was_linked_from()
    {
        const string modules =
            "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgithub.com/lib/pq\tv1.10.9\th1:YXG7RB+JIjhP29X+OtkiDnYaXQwpS4JEWq7dtCCRUEw=\n"
            + "dep\texample.org/old\tv1.0.0\n=>\texample.org/new\tv1.1.0\th1:x\ndep\texample.org/local\tv0.0.0\n=>\t./local\t\t\nbuild\t-compiler=gc\n";
        Assert.Equal(
            ["pkg:golang/stdlib@1.19.8", "pkg:golang/github.com/lib/pq@v1.10.9", "pkg:golang/example.org/new@v1.1.0"],
            Purls([.. GoModules.Linked(new GoBuildInfo("go1.19.8 X:x", modules))]));
    }

    [Fact]
    public void Debian_packages_have_their_source_and_distribution()
    {
        const string status =
            """
            Package: libssl3
            Status: install ok installed
            Architecture: amd64
            Source: openssl (3.0.11-1)
            Version: 3.0.11-1~deb12u2
            Description: x
             Package: not-a-field

            Package: gone
            Status: deinstall ok config-files
            Architecture: amd64
            Version: 1

            Package: libstdc++6
            Status: install ok installed
            Architecture: amd64
            Version: 1:12.2.0-14+deb12u1

            """;
        var system = DebianPackages.Parse(status, "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
        Assert.Equal(("debian", "12"), (system.Id, system.Version));
        Assert.Equal(
            [
                "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=bookworm",
                "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64&distro=bookworm",
            ],
            Purls(system.Packages));
        Assert.Equal("openssl", system.Packages[0].SourcePackage);
    }

    private static List<Component> Read(string text, Func<JsonElement, IEnumerable<Component>> read)
    {
        using var json = JsonDocument.Parse(text);
        return [.. read(json.RootElement)];
    }

    private static IEnumerable<string> Purls(IEnumerable<Component> components) => components.Select(c => c.Package.ToString());
}
