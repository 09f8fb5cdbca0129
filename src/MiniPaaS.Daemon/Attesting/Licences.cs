using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Writes licences as CycloneDX wants them: an SPDX id, an SPDX expression, or a name.</summary>
internal static partial class Licences
{
    // The SPDX ids that nearly every package uses: what is not among them is a name, which is always right.
    private static readonly FrozenSet<string> Known = new[]
    {
        "0BSD", "AFL-2.1", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BlueOak-1.0.0", "BSD-2-Clause",
        "BSD-3-Clause", "BSL-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "EPL-1.0", "EPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later",
        "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ISC", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later",
        "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "MS-PL", "PHP-3.01", "PostgreSQL", "PSF-2.0", "Python-2.0", "Ruby", "Unicode-3.0",
        "Unlicense", "WTFPL", "Zlib", "ZPL-2.1",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Writes the array <c>licenses</c>, unless there are none.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<string> licences)
    {
        if (licences.Count == 0)
        {
            return;
        }

        json.WriteStartArray("licenses");
        if (licences is [var one] && IsExpression(one))
        {
            json.WriteStartObject();
            json.WriteString("expression", one);
            json.WriteEndObject();
        }
        else
        {
            foreach (var licence in licences)
            {
                json.WriteStartObject();
                json.WriteStartObject("license");
                json.WriteString(Known.Contains(licence) ? "id" : "name", licence);
                json.WriteEndObject();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>True for several known ids put together with SPDX's operators, as in <c>(MIT OR Apache-2.0)</c>.</summary>
    private static bool IsExpression(string text)
    {
        var words = Word().Matches(text).Select(match => match.Value).ToList();
        return words.Count > 1 && words.TrueForAll(word => word is "AND" or "OR" or "(" or ")" || Known.Contains(word))
            && words.Exists(word => word is "AND" or "OR") && Separated(words);
    }

    // Licences and operators take turns, and every parenthesis has its other half.
    private static bool Separated(List<string> words)
    {
        var open = 0;
        var wantsLicence = true;
        foreach (var word in words)
        {
            if (word == "(" ? !wantsLicence : word == ")" ? wantsLicence || open == 0 : wantsLicence == word is "AND" or "OR")
            {
                return false;
            }

            open += word == "(" ? 1 : word == ")" ? -1 : 0;
            wantsLicence = word is "(" or ")" ? wantsLicence : !wantsLicence;
        }

        return open == 0 && !wantsLicence;
    }

    [GeneratedRegex(@"[()]|[^\s()]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
