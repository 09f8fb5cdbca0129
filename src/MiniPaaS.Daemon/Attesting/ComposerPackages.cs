using System.Text.Json;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Composer's packages: <c>vendor/composer/installed.json</c> says what is there, <c>composer.lock</c> what was asked for.</summary>
internal static class ComposerPackages
{
    /// <summary>Reads what Composer (1 or 2) wrote when it installed.</summary>
    public static IEnumerable<Component> Installed(JsonElement json) =>
        Packages(json.ValueKind == JsonValueKind.Array ? json : json.Member("packages"));

    /// <summary>Reads a lock file without what only developers need.</summary>
    public static IEnumerable<Component> Locked(JsonElement json) => Packages(json.Member("packages"));

    private static IEnumerable<Component> Packages(JsonElement packages)
    {
        foreach (var package in packages.Elements())
        {
            if (Component.Of(PackageUrl.Composer, package.Text("name"), package.Text("version")) is { } component)
            {
                yield return component.Licensed(package.Member("license").Licences()) with
                {
                    Hash = PackageHash.OfHex("SHA-1", package.Member("dist").Text("shasum")),
                };
            }
        }
    }
}
