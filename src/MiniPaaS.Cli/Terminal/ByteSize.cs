using System.Globalization;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Sizes as Heroku shows them: one decimal and a letter.</summary>
internal static class ByteSize
{
    public static string Of(long bytes) => bytes switch
    {
        >= 1L << 30 => Text(bytes / (double)(1L << 30), "G"),
        >= 1L << 20 => Text(bytes / (double)(1L << 20), "M"),
        _ => Text(bytes / (double)(1L << 10), "K"),
    };

    private static string Text(double number, string unit) => number.ToString("0.0", CultureInfo.InvariantCulture) + unit;
}
