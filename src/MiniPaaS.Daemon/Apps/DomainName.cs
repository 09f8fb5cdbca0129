using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Apps;

/// <summary>
/// A host name that an app answers to, in lower case and in the letters DNS has. Its labels follow RFC 1123, 2.1 (RFC 1035,
/// 2.3.1, and a digit may come first); a name in other letters is taken as its punycode (RFC 3490).
/// </summary>
internal sealed partial record DomainName
{
    private const int MaxLength = 253; // RFC 1035, 2.3.4: 255 octets on the wire, two of them for the first length and the root
    private const string Wildcard = "*.";

    private static readonly string TooLong = $"it is longer than {MaxLength} characters";

    private DomainName(string value) => Value = value;

    /// <summary>As in <c>www.example.org</c> or <c>*.example.org</c>.</summary>
    public string Value { get; }

    /// <summary>True when it stands for every name one label below.</summary>
    public bool IsWildcard => Value.StartsWith(Wildcard, StringComparison.Ordinal);

    public override string ToString() => Value;

    public static bool TryParse(string? text, [NotNullWhen(true)] out DomainName? name, out string error)
    {
        name = null;
        var given = (text ?? "").Trim();
        var wildcard = given.StartsWith(Wildcard, StringComparison.Ordinal);
        var ascii = Ascii(wildcard ? given[Wildcard.Length..] : given);
        error = ascii is null ? "its letters cannot be written in punycode"
            : Reject(ascii) ?? (ascii.Length + (wildcard ? Wildcard.Length : 0) > MaxLength ? TooLong : "");
        if (error.Length > 0)
        {
            error = $"\"{given}\" cannot be a domain: {error}. Give a host name without scheme, port and path, as in www.example.org.";
            return false;
        }

        name = new DomainName((wildcard ? Wildcard : "") + ascii);
        return true;
    }

    private static string? Ascii(string text)
    {
        var lower = (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();
        if (lower.All(char.IsAscii))
        {
            return lower;
        }

        try
        {
            return new IdnMapping().GetAscii(lower).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? Reject(string ascii)
    {
        var labels = ascii.Split('.');
        return ascii.Length > MaxLength ? TooLong
            : labels.FirstOrDefault(label => !Label().IsMatch(label)) is { } wrong
                ? $"\"{wrong}\" is no part of a host name: each has 1 to 63 letters, digits and dashes, no dash first or last"
            : labels.Length < 2 ? "it has no dot"
            : labels[^1].All(char.IsAsciiDigit) ? "it ends in a number, like an IP address"
            : null;
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
