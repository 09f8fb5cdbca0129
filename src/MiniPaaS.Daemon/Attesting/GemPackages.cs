using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>RubyGems: the specifications that stand for installed gems, and Bundler's lock file.</summary>
internal static partial class GemPackages
{
    private const string Ruby = "ruby";

    /// <summary>Reads one specification: name, version and platform are in its file's name, the licence in its text, which is Ruby.</summary>
    /// <param name="file">File name, as in <c>rack-2.2.6.gemspec</c>.</param>
    /// <param name="text">Its content.</param>
    public static IEnumerable<Component> Installed(string file, string text)
    {
        var match = SpecificationName().Match(file);
        if (match.Success && Gem(match) is { } component)
        {
            var licences = Licences().Match(text);
            yield return component.Licensed(QuotedText().Matches(licences.Groups["list"].Value).Select(quoted => quoted.Groups["text"].Value));
        }
    }

    /// <summary>Reads Gemfile.lock (gems.locked): what came from a gem server or from git, with checksums where it has them.</summary>
    public static IEnumerable<Component> Locked(string text)
    {
        var section = "";
        var gems = new Dictionary<string, Component>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r', ' ')).Where(line => line.Length > 0))
        {
            if (line[0] != ' ')
            {
                section = line;
            }
            else if (section is "GEM" or "GIT" && LockedGem().Match(line) is { Success: true } gem && Gem(gem) is { } component)
            {
                gems[gem.Groups["id"].Value] = component;
            }
            else if (section is "CHECKSUMS" && Checksum().Match(line) is { Success: true } sum && gems.TryGetValue(sum.Groups["id"].Value, out var known))
            {
                gems[sum.Groups["id"].Value] = known with { Hash = PackageHash.OfHex("SHA-256", sum.Groups["sha256"].Value) };
            }
        }

        return gems.Values;
    }

    private static Component? Gem(Match match)
    {
        var platform = match.Groups["platform"].Value;
        var component = Component.Of(PackageUrl.Gem, match.Groups["name"].Value, match.Groups["version"].Value);
        return component is null || platform is "" or Ruby
            ? component
            : component with { Package = component.Package with { Qualifiers = ImmutableSortedDictionary<string, string>.Empty.Add("platform", platform) } };
    }

    [GeneratedRegex(
        @"^(?<name>[A-Za-z0-9._-]+?)-(?<version>[0-9]+(\.[0-9A-Za-z]+)*)(-(?<platform>[A-Za-z][A-Za-z0-9._-]*))?\.gemspec$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpecificationName();

    [GeneratedRegex(@"^    (?<id>(?<name>[A-Za-z0-9._-]+) \((?<version>[0-9][0-9A-Za-z.]*)(-(?<platform>[A-Za-z][A-Za-z0-9._-]*))?\))$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LockedGem();

    [GeneratedRegex(@"^  (?<id>[A-Za-z0-9._-]+ \([0-9A-Za-z._-]+\)) sha256=(?<sha256>[0-9a-f]{64})$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Checksum();

    [GeneratedRegex(@"\.licenses? = (?<list>[^\n]{0,400})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Licences();

    [GeneratedRegex("[\"'](?<text>[^\"'\n]{1,100})[\"']", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuotedText();
}
