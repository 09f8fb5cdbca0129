using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>A difference between two slugs.</summary>
/// <param name="Path">Below <c>/app</c>.</param>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="Before">Bytes before, or null when it was added.</param>
/// <param name="After">Bytes after, or null when it was removed.</param>
/// <param name="Detail">What has changed, as in <c>content</c> or <c>mode 644 -> 755</c>; null unless changed.</param>
internal sealed record SlugChange(string Path, string Change, long? Before, long? After, string? Detail);

/// <summary>Compares slugs file by file.</summary>
internal static class SlugDiff
{
    /// <summary>All differences, by path.</summary>
    public static ImmutableArray<SlugChange> Between(ImmutableArray<SlugFile> before, ImmutableArray<SlugFile> after)
    {
        var old = before.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var changes = new SortedDictionary<string, SlugChange>(StringComparer.Ordinal);
        foreach (var file in after)
        {
            if (!old.Remove(file.Path, out var earlier))
            {
                changes[file.Path] = new SlugChange(file.Path, "added", Before: null, file.Size, Detail: null);
            }
            else if (file != earlier)
            {
                changes[file.Path] = new SlugChange(file.Path, "changed", earlier.Size, file.Size, DetailOf(earlier, file));
            }
        }

        foreach (var file in old.Values)
        {
            changes[file.Path] = new SlugChange(file.Path, "removed", file.Size, After: null, Detail: null);
        }

        return [.. changes.Values];
    }

    private static string DetailOf(SlugFile before, SlugFile after) => string.Join(", ", Details(before, after));

    private static IEnumerable<string> Details(SlugFile before, SlugFile after)
    {
        if (before.Kind != after.Kind)
        {
            yield return $"{before.Kind} -> {after.Kind}";
            yield break;
        }

        if (before.Digest != after.Digest)
        {
            yield return "content";
        }

        if (before.Target != after.Target)
        {
            yield return $"target {before.Target} -> {after.Target}";
        }

        if (before.Mode != after.Mode)
        {
            yield return $"mode {Convert.ToString(before.Mode, 8)} -> {Convert.ToString(after.Mode, 8)}";
        }
    }
}
