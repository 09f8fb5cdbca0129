using System.ComponentModel;
using System.Diagnostics;

namespace MiniPaaS.Cli.Commands;

internal static class Browser
{
    /// <summary>Opens an address where there is a desktop; elsewhere the printed address has to do.</summary>
    public static void Open(string url)
    {
        var desktop = Environment.GetEnvironmentVariable("DISPLAY") ?? Environment.GetEnvironmentVariable("WAYLAND_DISPLAY");
        if (string.IsNullOrEmpty(desktop) || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return;
        }
        var start = new ProcessStartInfo("xdg-open", [address.AbsoluteUri])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var opener = Process.Start(start);
        }
        catch (Win32Exception)
        {
            // Not installed: the address was printed.
        }
    }
}
