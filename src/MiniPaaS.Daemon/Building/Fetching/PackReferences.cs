using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Reads what people write for a buildpack. The forms are those of Heroku and of Dokku.</summary>
internal sealed partial class PackReferences(Settings settings)
{
    private const int MaxLength = 1000;
    private const string Urn = "urn:buildpack:";
    private const string Forms =
        "Give one of the platform's own (php), org/name, the https address of a git repository (https://host/pack.git#branch), or of a .tgz, .tar.gz, .tbz or .tar file.";

    private static readonly string[] ArchiveEndings = [".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".tar"];
    private static readonly string[] OwnOrganisations = ["minipaas", "heroku", "heroku-community"];

    /// <summary>The platform's own packs in the order of detection.</summary>
    public IReadOnlyList<PackReference.Own> Detection =>
    [
        .. File.ReadLines(Path.Combine(settings.BuildpacksDir, "order"))
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.StartsWith('#'))
            .Select(Own),
    ];

    /// <summary>One of the platform's own, said so that no other organisation's pack can be meant.</summary>
    public static PackReference.Own Own(string folder) => new($"minipaas/{folder}", folder);

    /// <summary>Understands a reference.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="reference">What it means.</param>
    /// <param name="error">Why it cannot be meant, and what can be written.</param>
    public bool TryParse(
        string text, [NotNullWhen(true)] out PackReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        var word = text.Trim();
        var shown = Redacted(new string([.. word.Where(c => !char.IsControl(c)).Take(MaxLength)]));
        error = word.Length is 0 or > MaxLength || word.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) || word[0] == '-'
            ? $"\"{(shown.Length > 100 ? shown[..100] : shown)}\" is not a buildpack. {Forms}"
            : null;
        if (error is null)
        {
            var (address, fragment) = word.IndexOf('#', StringComparison.Ordinal) is >= 0 and var at
                ? (word[..at], word[(at + 1)..])
                : (word, "");
            (reference, error) = fragment.Length > 0 && !IsRef(fragment)
                ? (null, $"\"{fragment}\" is not the name of a branch, a tag or a commit.")
                : Parse(shown, address, fragment.Length > 0 ? fragment : null);
        }

        return (error is null) == (reference is not null) && reference is not null;
    }

    /// <summary>An address without the user and password in it.</summary>
    public static string Redacted(string address) => UserInfo().Replace(address, "${scheme}");

    private (PackReference?, string?) Parse(string shown, string address, string? reference)
    {
        var isUrn = address.StartsWith(Urn, StringComparison.Ordinal);
        var name = isUrn ? address[Urn.Length..] : address;
        if (Shorthand().Match(name) is { Success: true } shorthand)
        {
            return (Short(isUrn ? shown[Urn.Length..] : shown, shorthand.Groups["org"].Value, shorthand.Groups["name"].Value, reference), null);
        }

        if (Folder().IsMatch(name))
        {
            return IsOwn(name)
                ? (Own(name), null)
                : (null, $"There is no buildpack \"{name}\" on this platform. There are: {string.Join(", ", Detection.Select(p => p.Folder))}. {Forms}");
        }

        if (address.StartsWith('/') || address.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            return Local(shown, address, reference);
        }

        return !isUrn && Web(address) is { } url
            ? (Remote(shown, url, reference), null)
            : (null, $"\"{shown}\" is not a buildpack. {Forms}");
    }

    /// <summary>
    /// The web address of a repository or file; null when there is none. There are no keys here that an ssh server would know: what
    /// anybody may read is read over https.
    /// </summary>
    public static Uri? Web(string address)
    {
        var text = Scp().Match(address) is { Success: true } scp ? $"https://{scp.Groups["host"].Value}/{scp.Groups["path"].Value}" : address;
        return !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 ? null : url.Scheme switch
        {
            "https" or "http" => url,
            "git" or "ssh" or "git+ssh" => new Uri($"https://{url.Host}{url.AbsolutePath}"),
            _ => null,
        };
    }

    private static PackReference Remote(string shown, Uri url, string? reference) =>
        ArchiveEndings.Any(end => url.AbsolutePath.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            ? new PackReference.Archive(shown, url)
            : new PackReference.Repository(shown, url, reference);

    private PackReference Short(string shown, string organisation, string name, string? reference)
    {
        if (reference is null && OwnOrganisations.Contains(organisation) && IsOwn(name))
        {
            return new PackReference.Own(shown, name);
        }

        // Packs of the community lie in Heroku's own organisation.
        var address = settings.Packs.Shorthand
            .Replace("{org}", organisation == "heroku-community" ? "heroku" : organisation, StringComparison.Ordinal)
            .Replace("{name}", name, StringComparison.Ordinal);
        return new PackReference.Repository(shown, new Uri(address), reference);
    }

    private (PackReference?, string?) Local(string shown, string address, string? reference)
    {
        var path = Path.GetFullPath(address.StartsWith('/') ? address : Uri.TryCreate(address, UriKind.Absolute, out var url) ? url.LocalPath : "/");
        return reference is not null || !settings.Packs.Directories.Any(allowed => IsBelow(path, allowed))
            ? (null, $"\"{shown}\" cannot be used: buildpacks of a directory of the server must lie below one that MINIPAAS_BUILDPACK_DIRS names there.")
            : (new PackReference.Local(shown, path), null);
    }

    private static bool IsBelow(string path, string directory) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + "/", StringComparison.Ordinal);

    private bool IsOwn(string name) =>
        Folder().IsMatch(name) && File.Exists(Path.Combine(settings.BuildpacksDir, name, "bin", "compile"));

    private static bool IsRef(string text) => RefName().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && !text.EndsWith(".lock", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?<org>[A-Za-z0-9][\w-]*)/(?<name>[A-Za-z0-9][\w.-]*)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Shorthand();

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Folder();

    [GeneratedRegex(@"^(?:[\w.-]+@)(?<host>[\w.-]+):(?!//)/?(?<path>[^/].*)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Scp();

    [GeneratedRegex(@"^[\w][\w./+@-]{0,199}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RefName();

    [GeneratedRegex("(?<scheme>[a-z+]+://)[^/@#?\\s]*@", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex UserInfo();
}
