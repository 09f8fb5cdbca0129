using MiniPaaS.Daemon.Attesting;

namespace MiniPaaS.Tests.Attesting;

public sealed class AlpinePackagesTests
{
    [Fact]
    public void Packages_are_read_from_the_database_of_apk()
    {
        const string installed = "C:Q1abc=\nP:libcrypto3\nV:3.3.2-r0\nA:x86_64\nL:Apache-2.0\no:openssl\nF:lib\nR:libcrypto.so.3\n\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\n";

        var system = AlpinePackages.Parse(installed, "ID=alpine\nVERSION_ID=\"3.20.3\"\n");

        Assert.Equal(("alpine", "3.20.3"), (system.Id, system.Version));
        Assert.Equal(
            ["pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=3.20.3", "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=3.20.3"],
            system.Packages.Select(package => package.Package.ToString()));
        Assert.Equal(["openssl", null], system.Packages.Select(package => package.SourcePackage));
        Assert.Equal("Apache-2.0", Assert.Single(system.Packages[0].Licences));
    }
}
