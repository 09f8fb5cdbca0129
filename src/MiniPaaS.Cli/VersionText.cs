using System.Runtime.InteropServices;

namespace MiniPaaS.Cli;

internal static class VersionText
{
    public static string Number => typeof(VersionText).Assembly.GetName().Version!.ToString(3);

    public static string Runtime => $"dotnet-{Environment.Version}";

    public static string Platform => RuntimeInformation.RuntimeIdentifier;

    public static string Line => $"paas/{Number} {Platform} {Runtime}";
}
