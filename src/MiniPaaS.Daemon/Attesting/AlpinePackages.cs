using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Reads what Alpine keeps about the packages of an image.</summary>
internal static class AlpinePackages
{
    /// <summary>Reads the database.</summary>
    /// <param name="installed">/lib/apk/db/installed: paragraphs of lines such as <c>P:musl</c>, <c>V:1.2.5-r0</c>, <c>A:x86_64</c>, <c>o:musl</c>, <c>L:MIT</c>.</param>
    /// <param name="release">os-release(5).</param>
    public static DebianPackages Parse(string installed, string release)
    {
        var system = DebianPackages.Release(release);
        var version = system["VERSION_ID"].FirstOrDefault() ?? "";
        return new DebianPackages("alpine", version, [.. installed.Split("\n\n").Select(stanza => Package(stanza, version)).OfType<Component>()]);
    }

    private static Component? Package(string stanza, string distribution)
    {
        var fields = stanza.Split('\n').Where(line => line.Length > 2 && line[1] == ':').ToLookup(line => line[0], line => line[2..].Trim());
        if (Component.Of(PackageUrl.Alpine, fields['P'].FirstOrDefault(), fields['V'].FirstOrDefault()) is not { } component)
        {
            return null;
        }

        var source = fields['o'].FirstOrDefault();
        return component.Licensed(fields['L']) with
        {
            SourcePackage = source == component.Package.Name ? null : source,
            Package = component.Package with
            {
                Namespace = "alpine",
                Qualifiers = ImmutableSortedDictionary<string, string>.Empty.Add("arch", fields['A'].FirstOrDefault() ?? "").Add("distro", distribution),
            },
        };
    }
}
