using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Apps;

/// <summary>Name of an app: 3 to 30 lower-case letters, digits and dashes, from a letter to a letter or digit (Heroku's rule).</summary>
internal sealed partial record AppName
{
    private AppName(string value) => Value = value;

    public string Value { get; }

    public override string ToString() => Value;

    public static bool TryParse(string? text, [NotNullWhen(true)] out AppName? name, out string error)
    {
        name = null;
        error = "";
        if (text is null || !Form().IsMatch(text))
        {
            error = $"The name \"{text}\" cannot be used: it must have 3 to 30 characters, only lower-case letters, digits and dashes, "
                + "start with a letter and end with a letter or digit.";
        }
        else if (text is "paas" or "localhost")
        {
            error = $"The name \"{text}\" is taken by the platform itself; choose another.";
        }
        else
        {
            name = new AppName(text);
        }

        return name is not null;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{1,28}[a-z0-9]\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
