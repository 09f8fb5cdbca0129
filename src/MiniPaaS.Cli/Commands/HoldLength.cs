using System.Globalization;

namespace MiniPaaS.Cli.Commands;

/// <summary>The length of a hold as people write it.</summary>
internal static class HoldLength
{
    /// <summary>Seconds of <c>30</c>, <c>30s</c> or <c>2m</c>.</summary>
    public static int Parse(string text)
    {
        var factor = text.EndsWith('m') ? 60 : 1;
        var digits = text.EndsWith('s') || text.EndsWith('m') ? text[..^1] : text;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000
            ? count * factor
            : throw new PaasException($"\"{text}\" is not a length of time; write it as in 30s or 2m.", ExitCodes.Usage);
    }
}
