using MiniPaaS.Daemon.Slugs;

namespace MiniPaaS.Tests.Slugs;

public sealed class StackPackagesTests
{
    [Fact]
    public void Installed_packages_are_read_from_dpkg_s_database()
    {
        const string status = """
            Package: a
            Status: install ok installed
            Version: 1.0
            Description: one
             Version: 7 is no field, being indented

            Package: removed
            Status: deinstall ok config-files
            Version: 2.0

            Package: b
            Status: install ok installed
            Version: 2:1.1-1
            """;

        Assert.Equal([new("a", "1.0"), new("b", "2:1.1-1")], StackPackages.Parse(new StringReader(status)));
    }

    [Fact]
    public void What_has_changed_is_said_package_by_package() => Assert.Equal(
        ["- a 1", "~ b 1 -> 2", "+ d 4"],
        StackPackages.Changes(
            new Dictionary<string, string> { ["a"] = "1", ["b"] = "1", ["c"] = "3" },
            new Dictionary<string, string> { ["b"] = "2", ["c"] = "3", ["d"] = "4" }));
}
