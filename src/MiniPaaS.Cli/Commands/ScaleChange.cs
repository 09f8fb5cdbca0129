using System.Globalization;
using System.Text.RegularExpressions;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>One argument of <c>ps:scale</c>: <c>web=2</c>, <c>web+1</c> or <c>web-1</c>.</summary>
internal sealed partial record ScaleChange(string Type, char Sign, int Count)
{
    public static ScaleChange Parse(string text)
    {
        var match = Syntax().Match(text);
        return match.Success && int.TryParse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new ScaleChange(match.Groups["type"].Value, match.Groups["sign"].Value[0], count)
            : throw new PaasException($"\"{text}\" is not of the form TYPE=COUNT, as in web=2, web+1 or web-1.", ExitCodes.Usage);
    }

    /// <summary>The change for the server, which knows what a difference counts from.</summary>
    public FormationChange ToWire() =>
        new(Type, (Sign == '=' ? "" : Sign.ToString()) + Count.ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\A(?<type>[A-Za-z0-9_-]+?)(?<sign>[=+-])(?<count>[0-9]{1,4})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Syntax();
}
