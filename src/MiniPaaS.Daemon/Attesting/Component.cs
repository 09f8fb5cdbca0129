using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>A package that a slug contains.</summary>
/// <param name="Package">Which one.</param>
internal sealed record Component(PackageUrl Package)
{
    /// <summary>Longest name or version of a real package with room to spare; what is longer was made to do harm.</summary>
    private const int LongestName = 300;
    private const int LongestLicence = 200;

    /// <summary>Kind in CycloneDX's words.</summary>
    public string Kind { get; init; } = "library";

    /// <summary>Licences that the package states, each an SPDX expression or a name.</summary>
    public ImmutableArray<string> Licences { get; init; } = [];

    /// <summary>Digest that a lock file gives for the package as it was fetched; null where none does.</summary>
    public PackageHash? Hash { get; init; }

    /// <summary>File of the slug that names it; null for a package of the stack.</summary>
    public string? FoundIn { get; init; }

    /// <summary>Debian's source package, which security notices are about; null where it has the package's own name, and elsewhere.</summary>
    public string? SourcePackage { get; init; }

    /// <summary>Go's own digest of a module (<c>h1:</c> and base64), which is none of a file.</summary>
    public string? GoSum { get; init; }

    /// <summary>A package as some file of an app names it, or null when that cannot be the name of a package.</summary>
    /// <param name="type">Kind of package.</param>
    /// <param name="fullName">Name with its group.</param>
    /// <param name="version">Version.</param>
    public static Component? Of(string type, string? fullName, string? version) =>
        IsUsable(fullName, LongestName) && IsUsable(version, LongestName) ? new Component(PackageUrl.Of(type, fullName!, version!)) : null;

    /// <summary>The same with licences; those that can be none are left out.</summary>
    public Component Licensed(params IEnumerable<string?> licences) =>
        this with { Licences = [.. licences.Where(licence => IsUsable(licence, LongestLicence)).Select(licence => licence!.Trim()).Distinct(StringComparer.Ordinal)] };

    /// <summary>The same with what another file says of the same package and this one does not.</summary>
    public Component Completed(Component other) => this with
    {
        Licences = Licences.IsEmpty ? other.Licences : Licences,
        Hash = Hash ?? other.Hash,
        GoSum = GoSum ?? other.GoSum,
    };

    private static bool IsUsable(string? text, int longest) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= longest && !text.Any(char.IsControl);
}

/// <summary>A digest of a package.</summary>
/// <param name="Algorithm">In CycloneDX's words, as in <c>SHA-512</c>.</param>
/// <param name="Hex">Lower-case hex digits.</param>
internal sealed record PackageHash(string Algorithm, string Hex)
{
    private static readonly (string Prefix, string Algorithm, int Bytes)[] Integrities =
        [("sha512", "SHA-512", 64), ("sha384", "SHA-384", 48), ("sha256", "SHA-256", 32), ("sha1", "SHA-1", 20)];

    /// <summary>Reads a Subresource Integrity value (<c>sha512-</c> and base64, several divided by spaces): the strongest, or null.</summary>
    public static PackageHash? OfIntegrity(string? text)
    {
        var values = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (prefix, algorithm, size) in Integrities)
        {
            foreach (var value in values.Where(v => v.StartsWith($"{prefix}-", StringComparison.Ordinal)))
            {
                var bytes = new byte[value.Length];
                if (Convert.TryFromBase64String(value[(prefix.Length + 1)..].Split('?')[0], bytes, out var length) && length == size)
                {
                    return new PackageHash(algorithm, Convert.ToHexStringLower(bytes.AsSpan(0, length)));
                }
            }
        }

        return null;
    }

    /// <summary>Reads hex digits, or gives null when they are no digest of this algorithm.</summary>
    public static PackageHash? OfHex(string algorithm, string? hex) =>
        hex is not null && Integrities.Any(i => i.Algorithm == algorithm && i.Bytes * 2 == hex.Length) && hex.All(char.IsAsciiHexDigit)
            ? new PackageHash(algorithm, hex.ToLowerInvariant())
            : null;
}
