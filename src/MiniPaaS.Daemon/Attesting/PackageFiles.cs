using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>What kind of file may name packages.</summary>
internal enum PackageFileKind
{
    ComposerInstalled,
    ComposerLock,
    NpmHiddenLock,
    NpmLock,
    NpmPackage,
    NuGetDeps,
    PythonMetadata,
    GemSpecification,
    GemLock,
    GoVendor,
    GoSum,
    Program,
}

/// <summary>A file that may name packages.</summary>
/// <param name="Path">Path below the tree, parts divided by <c>/</c>.</param>
/// <param name="Kind">What it should be.</param>
internal sealed record PackageFile(string Path, PackageFileKind Kind)
{
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Directory it is in; empty for the root.</summary>
    public string Directory => Path.LastIndexOf('/') is var slash and > 0 ? Path[..slash] : "";
}

/// <summary>Finds the files of a built tree that name packages.</summary>
internal static class PackageFiles
{
    private const int MostFiles = 100_000;
    private const int MostBytes = 32 << 20;
    private const int Deepest = 32;

    // What Composer, npm, pip, Bundler and Go put there was made by others, whose lock files say what they develop with.
    private static readonly string[] Foreign = ["vendor", "node_modules", "site-packages", "dist-packages", "gems", ".heroku"];

    private static readonly string[] Search =
    [
        "find", ".", "-xdev", "-mindepth", "1", "-maxdepth", $"{Deepest}", "-name", ".git", "-prune", "-o", "-type", "f", "(",
        "-name", "composer.lock", "-o", "-path", "*/composer/installed.json",
        "-o", "-path", "*/node_modules/.package-lock.json", "-o", "-name", "package-lock.json", "-o", "-name", "npm-shrinkwrap.json",
        "-o", "-path", "*/node_modules/*/package.json", "-o", "-name", "*.deps.json",
        "-o", "-path", "*.dist-info/METADATA", "-o", "-path", "*.egg-info/PKG-INFO",
        "-o", "-path", "*/specifications/*.gemspec", "-o", "-name", "Gemfile.lock", "-o", "-name", "gems.locked",
        "-o", "-path", "*/vendor/modules.txt", "-o", "-name", "go.sum", "-o", "-perm", "/111", "-size", "+250k",
        ")", "-printf", "%P\\0",
    ];

    /// <summary>Searches the tree as its user, following no link.</summary>
    /// <returns>The files sorted by path, and notes of what is left out.</returns>
    public static async Task<(IReadOnlyList<PackageFile> Files, List<string> Notes)> FindAsync(string tree, CancellationToken ct)
    {
        var notes = new List<string>();
        await using var find = DynoUser.Start(tree, Search);
        find.Input.Close();
        var names = await ReadAsync(find.Output, ct);
        if (names.Length > MostBytes)
        {
            find.Kill();
            notes.Add("more files than can be looked through");
        }
        else if (await find.ExitAsync(ct) != 0)
        {
            notes.Add("directories that could not be searched");
        }

        var all = Encoding.UTF8.GetString(names.AsSpan(0, Math.Min(names.Length, MostBytes))).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var paths = all.Where(path => !path.Contains('\uFFFD', StringComparison.Ordinal)).ToList();
        if (paths.Count < all.Length)
        {
            notes.Add($"{all.Length - paths.Count} files whose names are not UTF-8");
        }

        var files = paths.Order(StringComparer.Ordinal).Select(Classify).OfType<PackageFile>().ToList();
        if (files.Count > MostFiles)
        {
            notes.Add($"{files.Count - MostFiles} files beyond the first {MostFiles}");
        }

        // npm's own list of what it installed is as good as a thousand files, and costs one.
        var listed = files.Where(f => f.Kind == PackageFileKind.NpmHiddenLock).Select(f => f.Directory).ToList();
        return (
            [.. files.Take(MostFiles).Where(f => f.Kind != PackageFileKind.NpmPackage || !listed.Exists(d => f.Path.StartsWith($"{d}/", StringComparison.Ordinal)))],
            notes);
    }

    /// <summary>What a file of this path should be; null for one that says nothing about the slug.</summary>
    public static PackageFile? Classify(string path)
    {
        var parts = path.Split('/');
        PackageFileKind? kind = (parts[^1], parts.Length > 1 ? parts[^2] : "") switch
        {
            ("installed.json", "composer") => PackageFileKind.ComposerInstalled,
            (".package-lock.json", "node_modules") => PackageFileKind.NpmHiddenLock,
            ("package.json", _) => IsPackageRoot(parts) ? PackageFileKind.NpmPackage : null,
            ("METADATA" or "PKG-INFO", _) => PackageFileKind.PythonMetadata,
            ("modules.txt", "vendor") => PackageFileKind.GoVendor,
            ("composer.lock", _) => Own(PackageFileKind.ComposerLock),
            ("package-lock.json" or "npm-shrinkwrap.json", _) => Own(PackageFileKind.NpmLock),
            ("Gemfile.lock" or "gems.locked", _) => Own(PackageFileKind.GemLock),
            ("go.sum", _) => Own(PackageFileKind.GoSum),
            (var name, _) when name.EndsWith(".deps.json", StringComparison.Ordinal) => PackageFileKind.NuGetDeps,
            (var name, _) when name.EndsWith(".gemspec", StringComparison.Ordinal) => PackageFileKind.GemSpecification,
            _ => PackageFileKind.Program,
        };
        return kind is { } known ? new PackageFile(path, known) : null;

        PackageFileKind? Own(PackageFileKind own) => parts[..^1].Intersect(Foreign, StringComparer.Ordinal).Any() ? null : own;
    }

    // node_modules/NAME/package.json or node_modules/@SCOPE/NAME/package.json: packages have files of that name inside as well.
    private static bool IsPackageRoot(string[] parts) =>
        parts is [.., "node_modules", not ['@', ..], "package.json"] or [.., "node_modules", ['@', ..], _, "package.json"];

    private static async Task<byte[]> ReadAsync(Stream source, CancellationToken ct)
    {
        var names = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; names.Length <= MostBytes && (read = await source.ReadAsync(buffer, ct)) > 0;)
        {
            names.Write(buffer, 0, read);
        }

        return names.ToArray();
    }
}
