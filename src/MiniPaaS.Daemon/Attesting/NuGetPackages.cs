using System.Text.Json;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>NuGet packages of a published .NET app, by its <c>*.deps.json</c>.</summary>
internal static class NuGetPackages
{
    private const string RuntimePack = "runtimepack.";

    /// <summary>Reads the packages, and the runtime of an app that brings its own.</summary>
    public static IEnumerable<Component> Published(JsonElement json)
    {
        foreach (var library in json.Member("libraries").Members())
        {
            var slash = library.Name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 || library.Value.Text("type") is not ("package" or "runtimepack"))
            {
                continue;
            }

            var name = library.Name[..slash];
            name = name.StartsWith(RuntimePack, StringComparison.Ordinal) ? name[RuntimePack.Length..] : name;
            if (Component.Of(PackageUrl.NuGet, name, library.Name[(slash + 1)..]) is { } component)
            {
                yield return component with { Hash = PackageHash.OfIntegrity(library.Value.Text("sha512")) };
            }
        }
    }
}
