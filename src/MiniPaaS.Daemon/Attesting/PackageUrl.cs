using System.Collections.Immutable;
using System.Text;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>The name of a package in its ecosystem, written as a package URL (ECMA-427).</summary>
/// <param name="Type">Kind of package, as in <c>npm</c>.</param>
/// <param name="Namespace">Group of the name, as in <c>@angular</c>; null without one.</param>
/// <param name="Name">Name below the group.</param>
/// <param name="Version">Version.</param>
internal sealed record PackageUrl(string Type, string? Namespace, string Name, string Version)
{
    public const string Alpine = "apk";
    public const string Composer = "composer";
    public const string Debian = "deb";
    public const string Gem = "gem";
    public const string Generic = "generic";
    public const string Go = "golang";
    public const string Npm = "npm";
    public const string NuGet = "nuget";
    public const string Python = "pypi";

    /// <summary>What tells packages of one name and version apart; sorted by key.</summary>
    public ImmutableSortedDictionary<string, string> Qualifiers { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Name with its group, as users write it.</summary>
    public string FullName => Namespace is null ? Name : $"{Namespace}/{Name}";

    /// <summary>A package of a name whose last part alone is the name, as in <c>monolog/monolog</c>.</summary>
    public static PackageUrl Of(string type, string fullName, string version)
    {
        var slash = fullName.LastIndexOf('/');
        return slash > 0 && slash < fullName.Length - 1
            ? new PackageUrl(type, fullName[..slash], fullName[(slash + 1)..], version)
            : new PackageUrl(type, Namespace: null, fullName.Trim('/'), version);
    }

    /// <summary>The name as it is compared: ecosystems differ in what they take for the same.</summary>
    public static string Normalize(string type, string name) => type switch
    {
        Alpine or Composer or Debian or Go => name.ToLowerInvariant(),
        Python => name.ToLowerInvariant().Replace('_', '-'),
        _ => name,
    };

    /// <summary>The canonical form.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("pkg:").Append(Type).Append('/');
        foreach (var part in (Namespace ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Escape(text, Normalize(Type, part)).Append('/');
        }

        Escape(text, Normalize(Type, Name)).Append('@');
        Escape(text, Version);
        var separator = '?';
        foreach (var (key, value) in Qualifiers.Where(q => q.Value.Length > 0))
        {
            Escape(text.Append(separator).Append(key).Append('='), value);
            separator = '&';
        }

        return text.ToString();
    }

    // Unreserved characters and the colon stay; everything else is written as the bytes of UTF-8.
    private static StringBuilder Escape(StringBuilder text, string part)
    {
        foreach (var unit in Encoding.UTF8.GetBytes(part))
        {
            var letter = (char)unit;
            if (char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '~' or ':')
            {
                text.Append(letter);
            }
            else
            {
                text.Append('%').Append(unit.ToString("X2"));
            }
        }

        return text;
    }
}
