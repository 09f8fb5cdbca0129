using System.Numerics;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Says which of two versions of a package is the later one, as its ecosystem counts.</summary>
internal static partial class PackageVersion
{
    private const int BeforeRelease = -1;
    private const int AfterRelease = 1;

    /// <summary>Less than zero when the first version comes before the second, zero when they are the same.</summary>
    /// <param name="type">Kind of package, the type of its package URL.</param>
    /// <param name="one">A version.</param>
    /// <param name="other">Another one.</param>
    public static int Compare(string type, string one, string other) => type switch
    {
        PackageUrl.Debian => CompareDebian(one, other),
        PackageUrl.Npm or PackageUrl.NuGet or PackageUrl.Go => CompareSemantic(one, other),
        _ => CompareWords(Words(one), Words(other)),
    };

    // Semantic Versioning 2.0, 11: numbers first; a version with something behind a hyphen comes before the one without.
    private static int CompareSemantic(string one, string other)
    {
        var (core, pre) = Parts(one);
        var (otherCore, otherPre) = Parts(other);
        var order = CompareWords(Words(core), Words(otherCore));
        if (order != 0 || pre == otherPre)
        {
            return order;
        }

        return pre.Length == 0 ? 1 : otherPre.Length == 0 ? -1 : CompareIdentifiers(pre.Split('.'), otherPre.Split('.'));
    }

    private static (string Core, string Pre) Parts(string version)
    {
        var plain = version.Split('+')[0];
        var hyphen = plain.IndexOf('-', StringComparison.Ordinal);
        return hyphen < 0 ? (plain, "") : (plain[..hyphen], plain[(hyphen + 1)..]);
    }

    private static int CompareIdentifiers(string[] ours, string[] theirs)
    {
        foreach (var (one, other) in ours.Zip(theirs))
        {
            var (isNumber, otherIsNumber) = (one.All(char.IsAsciiDigit), other.All(char.IsAsciiDigit));
            var order = isNumber && otherIsNumber ? CompareNumbers(one, other)
                : isNumber != otherIsNumber ? (isNumber ? -1 : 1)
                : string.CompareOrdinal(one, other);
            if (order != 0)
            {
                return order;
            }
        }

        return ours.Length - theirs.Length;
    }

    // Composer, pip, RubyGems: runs of digits and of letters; a word such as "rc" comes before its release, "post" after it.
    private static int CompareWords(List<string> ours, List<string> theirs)
    {
        for (var index = 0; index < Math.Max(ours.Count, theirs.Count); index++)
        {
            var order = CompareWord(index < ours.Count ? ours[index] : null, index < theirs.Count ? theirs[index] : null);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static int CompareWord(string? one, string? other)
    {
        var (isNumber, otherIsNumber) = (one is null || char.IsAsciiDigit(one[0]), other is null || char.IsAsciiDigit(other[0]));
        if (isNumber && otherIsNumber)
        {
            return CompareNumbers(one ?? "0", other ?? "0");
        }

        if (isNumber != otherIsNumber)
        {
            return isNumber ? -CompareToRelease(other!, one is null) : CompareToRelease(one!, other is null);
        }

        var (rank, otherRank) = (Rank(one!), Rank(other!));
        return rank != otherRank ? rank - otherRank : string.CompareOrdinal(one, other);
    }

    // "1.0.post1" comes after "1.0" and before "1.0.1".
    private static int CompareToRelease(string word, bool isEnd) => isEnd && Rank(word) > 0 ? AfterRelease : BeforeRelease;

    private static int Rank(string word) => word switch
    {
        "dev" => -5,
        "a" or "alpha" => -4,
        "b" or "beta" => -3,
        "pre" or "preview" or "m" => -2,
        "c" or "rc" => -1,
        "p" or "pl" or "patch" or "post" or "r" or "rev" => 1,
        _ => -6,
    };

    private static List<string> Words(string version) =>
        [.. Word().Matches(version.Split('+')[0].ToLowerInvariant().TrimStart('v', '=')).Select(match => match.Value)];

    // deb-version(7): an epoch, the upstream version, a revision.
    private static int CompareDebian(string one, string other)
    {
        var (epoch, upstream, revision) = Split(one);
        var (otherEpoch, otherUpstream, otherRevision) = Split(other);
        var order = CompareNumbers(epoch, otherEpoch);
        order = order != 0 ? order : CompareDebianPart(upstream, otherUpstream);
        return order != 0 ? order : CompareDebianPart(revision, otherRevision);

        static (string Epoch, string Upstream, string Revision) Split(string version)
        {
            var colon = version.IndexOf(':', StringComparison.Ordinal);
            var epoch = colon > 0 && version[..colon].All(char.IsAsciiDigit) ? version[..colon] : "0";
            var rest = version[(colon + 1)..];
            var hyphen = rest.LastIndexOf('-');
            return hyphen < 0 ? (epoch, rest, "0") : (epoch, rest[..hyphen], rest[(hyphen + 1)..]);
        }
    }

    // Letters and digits take turns. A tilde sorts before everything, even the end, and letters before other characters.
    private static int CompareDebianPart(string one, string other)
    {
        for (int i = 0, j = 0; i < one.Length || j < other.Length;)
        {
            while (i < one.Length && !char.IsAsciiDigit(one[i]) || j < other.Length && !char.IsAsciiDigit(other[j]))
            {
                var order = Weight(one, i) - Weight(other, j);
                if (order != 0)
                {
                    return order;
                }

                i++;
                j++;
            }

            var (digits, otherDigits) = (Digits(one, i), Digits(other, j));
            var numbers = CompareNumbers(digits, otherDigits);
            if (numbers != 0)
            {
                return numbers;
            }

            i += digits.Length;
            j += otherDigits.Length;
        }

        return 0;

        static int Weight(string text, int at) =>
            at >= text.Length || char.IsAsciiDigit(text[at]) ? 0 : text[at] == '~' ? -1 : char.IsAsciiLetter(text[at]) ? text[at] : text[at] + 256;

        static string Digits(string text, int at) => at >= text.Length ? "" : new string([.. text.Skip(at).TakeWhile(char.IsAsciiDigit)]);
    }

    private static int CompareNumbers(string one, string other) =>
        one.Length < 18 && other.Length < 18
            ? long.Parse($"0{one}").CompareTo(long.Parse($"0{other}"))
            : BigInteger.Parse($"0{one}").CompareTo(BigInteger.Parse($"0{other}"));

    [GeneratedRegex("[0-9]+|[a-z]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
