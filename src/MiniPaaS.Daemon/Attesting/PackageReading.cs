using System.Text.Json;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Reads files that name packages, one after the other, within bounds: they may hold anything.</summary>
/// <param name="root">The built tree.</param>
/// <param name="notes">Gets what could not be read.</param>
internal sealed class PackageReading(string root, List<string> notes)
{
    private const int LargestFile = 16 << 20;
    private const int LargestMetadata = 1 << 20;
    private const long MostBytes = 128L << 20;
    private const int MostFound = 200_000;
    private readonly UntrustedTree tree = new(root);
    private long bytes;

    /// <summary>Packages that the slug contains.</summary>
    public List<Found> Installed { get; } = [];

    /// <summary>Packages that lock files name.</summary>
    public List<Found> Locked { get; } = [];

    /// <summary>Reads one file.</summary>
    public void Read(PackageFile file)
    {
        if (bytes > MostBytes || Installed.Count + Locked.Count > MostFound)
        {
            notes.Add($"{file.Path}: beyond what is read of one app");
            return;
        }

        try
        {
            if (file.Kind == PackageFileKind.Program)
            {
                ReadProgram(file);
            }
            else if (ReadText(file) is { } text)
            {
                Add(file, text);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or RegexMatchTimeoutException)
        {
            // InvalidOperationException: a text of JSON that is none of Unicode.
            notes.Add($"{file.Path}: not of its format");
        }
        catch (Exception e) when (e is UntrustedFileException or IOException)
        {
            notes.Add($"{file.Path}: {(e is UntrustedFileException ? e.Message.TrimEnd('.') : "could not be read")}");
        }
    }

    private void Add(PackageFile file, string text)
    {
        switch (file.Kind)
        {
            case PackageFileKind.ComposerInstalled: AddJson(Installed, ComposerPackages.Installed); break;
            case PackageFileKind.ComposerLock: AddJson(Locked, ComposerPackages.Locked); break;
            case PackageFileKind.NpmHiddenLock: AddJson(Installed, json => NpmPackages.Locked(json, development: true)); break;
            case PackageFileKind.NpmLock: AddJson(Locked, json => NpmPackages.Locked(json, development: false)); break;
            case PackageFileKind.NpmPackage: AddJson(Installed, NpmPackages.Installed); break;
            case PackageFileKind.NuGetDeps: AddJson(Installed, NuGetPackages.Published); break;
            case PackageFileKind.PythonMetadata: AddAll(Installed, PythonPackages.Installed(text)); break;
            case PackageFileKind.GemSpecification: AddAll(Installed, GemPackages.Installed(file.Name, text)); break;
            case PackageFileKind.GemLock: AddAll(Locked, GemPackages.Locked(text)); break;
            case PackageFileKind.GoVendor: AddAll(Installed, GoModules.Vendored(text)); break;
            case PackageFileKind.GoSum: AddAll(Locked, GoModules.Summed(text)); break;
            default: throw new ArgumentOutOfRangeException(nameof(file));
        }

        void AddJson(List<Found> target, Func<JsonElement, IEnumerable<Component>> read)
        {
            using var json = JsonDocument.Parse(text.TrimStart('\uFEFF'));
            AddAll(target, read(json.RootElement));
        }

        void AddAll(List<Found> target, IEnumerable<Component> components) => this.Add(target, file, components);
    }

    // Nothing of a file that breaks off in the middle is taken.
    private void Add(List<Found> target, PackageFile file, IEnumerable<Component> components) =>
        target.AddRange(components.Select(component => new Found(file.Directory, component with { FoundIn = file.Path })).ToList());

    private void ReadProgram(PackageFile file)
    {
        using var program = tree.OpenFile(file.Path);
        if (program is not null && GoBuildInfo.Read((offset, buffer) => UntrustedTree.ReadAt(program, offset, buffer)) is { } info)
        {
            bytes += info.Modules.Length;
            Add(Installed, file, GoModules.Linked(info));
        }
    }

    private string? ReadText(PackageFile file)
    {
        // The headers of a distribution are at its beginning; what follows them may be as long as a book.
        var small = file.Kind is PackageFileKind.PythonMetadata or PackageFileKind.GemSpecification or PackageFileKind.NpmPackage;
        var text = tree.ReadText(file.Path, small ? LargestMetadata : LargestFile);
        bytes += text?.Length ?? 0;
        return text;
    }
}
