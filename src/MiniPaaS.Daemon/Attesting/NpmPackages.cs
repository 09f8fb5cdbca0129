using System.Text.Json;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Packages of npm, pnpm and Yarn: by npm's lock files of all versions, else by each package's own <c>package.json</c>.</summary>
internal static class NpmPackages
{
    private const string Modules = "node_modules/";
    private const int Deepest = 32;

    /// <summary>Reads a lock file.</summary>
    /// <param name="json">package-lock.json, npm-shrinkwrap.json, or the .package-lock.json that npm leaves beside what it installed.</param>
    /// <param name="development">True to read also what only developers need: where it is installed, the slug contains it.</param>
    public static IEnumerable<Component> Locked(JsonElement json, bool development) =>
        json.Member("packages").ValueKind == JsonValueKind.Object
            ? ByPath(json.Member("packages"), development)
            : ByName(json.Member("dependencies"), development, depth: 0);

    /// <summary>Reads the package.json of one installed package.</summary>
    public static IEnumerable<Component> Installed(JsonElement json)
    {
        var licence = json.Member("license").ValueKind == JsonValueKind.Undefined ? json.Member("licenses") : json.Member("license");
        if (Component.Of(PackageUrl.Npm, json.Text("name"), json.Text("version")) is { } component)
        {
            yield return component.Licensed(licence.Licences());
        }
    }

    // Versions 2 and 3: by where each lies. What lies outside of node_modules is the app's own.
    private static IEnumerable<Component> ByPath(JsonElement packages, bool development)
    {
        foreach (var entry in packages.Members())
        {
            var at = entry.Name.LastIndexOf(Modules, StringComparison.Ordinal);
            var package = entry.Value;
            if (at < 0 || package.IsTrue("link") || package.IsTrue("dev") && !development)
            {
                continue;
            }

            if (Component.Of(PackageUrl.Npm, package.Text("name") ?? entry.Name[(at + Modules.Length)..], package.Text("version")) is { } component)
            {
                yield return component.Licensed(package.Member("license").Licences()) with { Hash = PackageHash.OfIntegrity(package.Text("integrity")) };
            }
        }
    }

    // Version 1: by name, with what is nested in it.
    private static IEnumerable<Component> ByName(JsonElement dependencies, bool development, int depth)
    {
        foreach (var entry in dependencies.Members())
        {
            if (entry.Value.IsTrue("dev") && !development)
            {
                continue;
            }

            var (name, version) = Alias(entry.Name, entry.Value.Text("version"));
            if (Component.Of(PackageUrl.Npm, name, version) is { } component)
            {
                yield return component with { Hash = PackageHash.OfIntegrity(entry.Value.Text("integrity")) };
            }

            foreach (var nested in depth < Deepest ? ByName(entry.Value.Member("dependencies"), development, depth + 1) : [])
            {
                yield return nested;
            }
        }
    }

    // "npm:lodash@4.17.21" is that package under another name.
    private static (string Name, string? Version) Alias(string name, string? version)
    {
        const string Prefix = "npm:";
        var at = version?.LastIndexOf('@') ?? -1;
        return version is not null && version.StartsWith(Prefix, StringComparison.Ordinal) && at > Prefix.Length
            ? (version[Prefix.Length..at], version[(at + 1)..])
            : (name, version);
    }
}
