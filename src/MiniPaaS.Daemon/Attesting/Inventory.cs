using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>The packages that were found in a built tree.</summary>
/// <param name="Components">One for each package and version, sorted by package URL.</param>
/// <param name="Skipped">What could not be read, and why; sorted.</param>
internal sealed record Inventory(ImmutableArray<Component> Components, ImmutableArray<string> Skipped)
{
    /// <summary>Nothing at all.</summary>
    public static readonly Inventory Empty = new([], []);

    private const int MostComponents = 50_000;
    private const int MostNotes = 100;

    /// <summary>Looks through the tree. Never fails because of what is in it: what cannot be read is noted.</summary>
    /// <param name="tree">Directory that was built in; nothing may write to it any more.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<Inventory> ReadAsync(string tree, CancellationToken ct)
    {
        var (files, notes) = await PackageFiles.FindAsync(tree, ct);
        var reading = new PackageReading(tree, notes);
        foreach (var file in files)
        {
            ct.ThrowIfCancellationRequested();
            reading.Read(file);
        }

        return Of(reading.Installed, reading.Locked, notes);
    }

    /// <summary>Puts together what several files say.</summary>
    /// <param name="installed">What the slug contains.</param>
    /// <param name="locked">What lock files say of what it may contain: it completes what is installed, and is believed where nothing is.</param>
    /// <param name="notes">What could not be read.</param>
    public static Inventory Of(IEnumerable<Found> installed, IEnumerable<Found> locked, IEnumerable<string> notes)
    {
        var found = installed.ToList();
        var places = found.Select(f => (f.Type, f.Directory)).Distinct().ToList();
        var hints = locked.ToLookup(l => places.Exists(place => place.Type == l.Type && IsWithin(place.Directory, l.Directory)));
        var known = new Dictionary<string, Component>(StringComparer.Ordinal);
        foreach (var component in found.Concat(hints[false]).Select(f => f.Component))
        {
            var purl = component.Package.ToString();
            known[purl] = known.TryGetValue(purl, out var other) ? other.Completed(component) : component;
        }

        foreach (var hint in hints[true].Select(f => f.Component))
        {
            var purl = hint.Package.ToString();
            if (known.TryGetValue(purl, out var component))
            {
                known[purl] = component.Completed(hint);
            }
        }

        var kept = known.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).Take(MostComponents).ToImmutableArray();
        var all = notes.Order(StringComparer.Ordinal).Take(MostNotes).ToList();
        if (known.Count > kept.Length)
        {
            all.Add($"{known.Count - kept.Length} packages beyond the first {MostComponents}");
        }

        return new Inventory(kept, [.. all]);
    }

    private static bool IsWithin(string directory, string parent) =>
        parent.Length == 0 || directory == parent || directory.StartsWith($"{parent}/", StringComparison.Ordinal);
}

/// <summary>A package as one file names it.</summary>
/// <param name="Directory">Directory of that file; for a lock file, the one that it is about. Empty: the root.</param>
/// <param name="Component">The package.</param>
internal sealed record Found(string Directory, Component Component)
{
    public string Type => Component.Package.Type;
}
