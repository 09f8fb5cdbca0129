using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Tar;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>The Debian packages of images, read from the package database in them.</summary>
internal sealed class StackPackages(SlugImages images)
{
    private readonly ConcurrentDictionary<string, ImmutableSortedDictionary<string, string>> known = new(StringComparer.Ordinal);

    /// <summary>Versions by package name.</summary>
    /// <param name="image">Id of the image: what is in it never changes, so it is read once.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<ImmutableSortedDictionary<string, string>> OfAsync(string image, CancellationToken ct) =>
        known.TryGetValue(image, out var packages)
            ? packages
            : known[image] = await images.ReadAsync(image, "/var/lib/dpkg/status", ReadAsync, ct);

    /// <summary>What has changed between two sets of packages, a line each: <c>+</c> added, <c>-</c> removed, <c>~</c> another version.</summary>
    public static IEnumerable<string> Changes(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        foreach (var name in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (was, now) = (before.GetValueOrDefault(name), after.GetValueOrDefault(name));
            if (was != now)
            {
                yield return was is null ? $"+ {name} {now}" : now is null ? $"- {name} {was}" : $"~ {name} {was} -> {now}";
            }
        }
    }

    /// <summary>Reads a package database: paragraphs of fields, of which an installed package's name and version count.</summary>
    public static ImmutableSortedDictionary<string, string> Parse(TextReader database)
    {
        var packages = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var (name, installed) = ("", false);
        while (database.ReadLine() is { } line)
        {
            if (line.StartsWith("Package: ", StringComparison.Ordinal))
            {
                (name, installed) = (line["Package: ".Length..], false);
            }
            else if (line.StartsWith("Status: ", StringComparison.Ordinal))
            {
                installed = line.EndsWith(" installed", StringComparison.Ordinal);
            }
            else if (installed && line.StartsWith("Version: ", StringComparison.Ordinal))
            {
                packages[name] = line["Version: ".Length..];
            }
        }

        return packages.ToImmutable();
    }

    private static async Task<ImmutableSortedDictionary<string, string>> ReadAsync(Stream tar, CancellationToken ct)
    {
        await using var reader = new TarReader(tar, leaveOpen: true);
        using var database = new StreamReader((await reader.GetNextEntryAsync(copyData: true, ct))?.DataStream ?? Stream.Null);
        return Parse(database);
    }
}
