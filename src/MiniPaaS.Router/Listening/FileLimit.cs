using System.Globalization;

namespace MiniPaaS.Router.Listening;

/// <summary>How many files this process may have open, and what that means for connections: the runtime does not survive when a
/// file that it needs for itself cannot be opened.</summary>
internal static class FileLimit
{
    /// <summary>Connections that may be open at once: <paramref name="wanted"/>, or less where the limit has no room for as many and a
    /// quarter for everything else, above all the connections to dynos.</summary>
    public static int Connections(int wanted, int files) => Math.Min(wanted, files - Math.Max(files / 4, 128));

    /// <summary>The limit (RLIMIT_NOFILE), which the runtime raises as far as it may when it starts.</summary>
    public static int Files()
    {
        // "Max open files            20000                20000                files"
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(one => one.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 3 } words ? words[3] : "";
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : int.MaxValue;
    }
}
