using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Which packages an audit looks for: <c>lodash</c>, <c>npm:lodash@4.17.20</c>, <c>openssl@&lt;3.0.15</c>, <c>pkg:npm/lodash@4.17.20</c>.</summary>
internal sealed partial record PackageQuery
{
    private static readonly FrozenDictionary<string, string> Ecosystems = new Dictionary<string, string>
    {
        ["alpine"] = PackageUrl.Alpine,
        ["apk"] = PackageUrl.Alpine,
        ["composer"] = PackageUrl.Composer,
        ["php"] = PackageUrl.Composer,
        ["deb"] = PackageUrl.Debian,
        ["debian"] = PackageUrl.Debian,
        ["gem"] = PackageUrl.Gem,
        ["ruby"] = PackageUrl.Gem,
        ["generic"] = PackageUrl.Generic,
        ["go"] = PackageUrl.Go,
        ["golang"] = PackageUrl.Go,
        ["node"] = PackageUrl.Npm,
        ["npm"] = PackageUrl.Npm,
        ["dotnet"] = PackageUrl.NuGet,
        ["nuget"] = PackageUrl.NuGet,
        ["pip"] = PackageUrl.Python,
        ["pypi"] = PackageUrl.Python,
        ["python"] = PackageUrl.Python,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Kind of package, or null for all.</summary>
    public string? Type { get; private init; }

    /// <summary>Name with its group.</summary>
    public required string Name { get; init; }

    /// <summary>What a version must fulfil, all of it; empty for every version.</summary>
    public ImmutableArray<VersionClause> Clauses { get; private init; } = [];

    /// <summary>Reads what a user wrote; the error says what to write instead.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PackageQuery? query, [NotNullWhen(false)] out string? error)
    {
        query = null;
        var isPurl = text.StartsWith("pkg:", StringComparison.OrdinalIgnoreCase);
        var match = (isPurl ? PurlForm() : PlainForm()).Match(text.Trim());
        if (!match.Success)
        {
            error = $"\"{text}\" is no package. Write NAME, ECOSYSTEM:NAME or a package URL, with @VERSION or a range as @'<1.2.3' behind it.";
            return false;
        }

        var ecosystem = match.Groups["type"].Value;
        if (ecosystem.Length > 0 && !Ecosystems.ContainsKey(ecosystem))
        {
            error = $"There is no ecosystem \"{ecosystem}\"; there are: {string.Join(", ", Ecosystems.Values.Distinct().Order(StringComparer.Ordinal))}.";
            return false;
        }

        var clauses = match.Groups["version"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(clause => VersionClause.Parse(isPurl ? Uri.UnescapeDataString(clause) : clause)).ToImmutableArray();
        var type = ecosystem.Length > 0 ? Ecosystems[ecosystem] : null;
        var name = isPurl ? Uri.UnescapeDataString(match.Groups["name"].Value) : match.Groups["name"].Value;
        query = new PackageQuery
        {
            Type = type,
            // The vendor of a Debian package is no part of its name.
            Name = type == PackageUrl.Debian ? name[(name.LastIndexOf('/') + 1)..] : name,
            Clauses = clauses,
        };
        error = null;
        return true;
    }

    /// <summary>True for a package of this kind, name and version.</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="names">What it is called; Debian's packages also by their source package.</param>
    /// <param name="version">Its version.</param>
    public bool Matches(string type, IEnumerable<string> names, string version) =>
        (Type ?? type) == type
        && names.Any(name => PackageUrl.Normalize(type, name).Equals(PackageUrl.Normalize(type, Name), StringComparison.OrdinalIgnoreCase))
        && Clauses.All(clause => clause.Holds(type, version));

    [GeneratedRegex(@"^pkg:(?<type>[a-z]+)/(?<name>[^@?#]+)(@(?<version>[^?#]+))?([?#].*)?$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PurlForm();

    [GeneratedRegex(@"^((?<type>[A-Za-z]+):)?(?<name>@?[^@\s:]+)(@(?<version>[^\s@]+(, *[^\s@]+)*))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainForm();
}

/// <summary>A condition on a version.</summary>
/// <param name="Operator">One of <c>=</c>, <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c>.</param>
/// <param name="Version">What it is compared with.</param>
internal sealed record VersionClause(string Operator, string Version)
{
    private static readonly string[] Operators = ["<=", ">=", "==", "<", ">", "="];

    public static VersionClause Parse(string text)
    {
        var given = Operators.FirstOrDefault(o => text.StartsWith(o, StringComparison.Ordinal));
        return new VersionClause(given is null or "==" ? "=" : given, text[(given?.Length ?? 0)..].Trim());
    }

    public bool Holds(string type, string version)
    {
        var order = PackageVersion.Compare(type, version, Version);
        return Operator switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            ">=" => order >= 0,
            _ => order == 0,
        };
    }
}
