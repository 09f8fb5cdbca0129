using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>The system that a stack's images hold, and its packages.</summary>
/// <param name="Id">Name of the distribution, as in <c>debian</c>.</param>
/// <param name="Version">Version of the distribution, as in <c>12</c>.</param>
/// <param name="Packages">Its installed packages.</param>
internal sealed record DebianPackages(string Id, string Version, ImmutableArray<Component> Packages)
{
    /// <summary>A system that keeps no record of its packages.</summary>
    public static readonly DebianPackages None = new("", "", []);

    /// <summary>Reads what dpkg and the distribution keep about themselves.</summary>
    /// <param name="status">/var/lib/dpkg/status.</param>
    /// <param name="release">/usr/lib/os-release (os-release(5)).</param>
    public static DebianPackages Parse(string status, string release)
    {
        var system = Release(release);
        var id = system["ID"].FirstOrDefault() ?? "debian";
        var distribution = system["VERSION_CODENAME"].FirstOrDefault() ?? "";
        return new DebianPackages(
            id,
            system["VERSION_ID"].FirstOrDefault() ?? distribution,
            [.. status.Split("\n\n").Select(stanza => Package(stanza, id, distribution)).OfType<Component>()]);
    }

    /// <summary>Reads os-release(5).</summary>
    public static ILookup<string, string> Release(string text) => text.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
        .ToLookup(pair => pair[0], pair => pair[1].Trim('"', '\''), StringComparer.Ordinal);

    private static Component? Package(string stanza, string vendor, string distribution)
    {
        var fields = stanza.Split('\n').Where(line => line.Length > 0 && !char.IsWhiteSpace(line[0]))
            .Select(line => line.Split(": ", 2)).Where(field => field.Length == 2)
            .ToLookup(field => field[0], field => field[1].Trim(), StringComparer.Ordinal);
        if (fields["Status"].FirstOrDefault()?.EndsWith(" installed", StringComparison.Ordinal) != true
            || Component.Of(PackageUrl.Debian, fields["Package"].FirstOrDefault(), fields["Version"].FirstOrDefault()) is not { } component)
        {
            return null;
        }

        // "Source: openssl (3.0.11-1)" has a version where that differs.
        var source = fields["Source"].FirstOrDefault()?.Split(' ')[0];
        return component with
        {
            SourcePackage = source == component.Package.Name ? null : source,
            Package = component.Package with
            {
                Namespace = vendor,
                Qualifiers = ImmutableSortedDictionary<string, string>.Empty
                    .Add("arch", fields["Architecture"].FirstOrDefault() ?? "")
                    .Add("distro", distribution),
            },
        };
    }
}
