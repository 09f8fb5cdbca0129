using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MiniPaaS.Daemon.Apps;

/// <summary>What to do with the number of dynos of a process type: set it, or make it larger or smaller.</summary>
/// <param name="ProcessType">Process type.</param>
/// <param name="Count">The number, or by how many.</param>
/// <param name="IsRelative">True when the count is a difference.</param>
internal sealed record Scaling(string ProcessType, int Count, bool IsRelative)
{
    /// <summary>Reads <c>2</c>, <c>+1</c> or <c>-1</c>.</summary>
    public static bool TryParse(string processType, string text, [NotNullWhen(true)] out Scaling? scaling)
    {
        var isRelative = text.StartsWith('+') || text.StartsWith('-');
        var isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count);
        scaling = isNumber && Math.Abs((long)count) <= Formation.MaxQuantity ? new Scaling(processType, count, isRelative) : null;
        return scaling is not null;
    }

    /// <summary>The new number; a difference ends at nothing and at the most there may be.</summary>
    public int From(int now) => IsRelative ? Math.Clamp(now + Count, 0, Formation.MaxQuantity) : Count;
}
