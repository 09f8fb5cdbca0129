using System.Globalization;
using System.Text.RegularExpressions;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>Takes away what a run that was aborted left on the machine.</summary>
internal static partial class Leftovers
{
    public const string Prefix = "mpe2e";

    /// <summary>Name of an instance of this run: tells whose it is and whether that process still lives.</summary>
    public static string Namespace(char instance) => $"{Prefix}{Environment.ProcessId}{instance}";

    public static string Directory(string @namespace) => Path.Combine(Path.GetTempPath(), @namespace);

    public static async Task ReapAsync()
    {
        var directories = System.IO.Directory.GetDirectories(Path.GetTempPath(), $"{Prefix}*").Select(path => Path.GetFileName(path)!);
        foreach (var name in (await Engine.NamespacesAsync(Prefix)).Concat(directories).Distinct().Where(IsOrphan))
        {
            EndProcesses(name);
            // What the engine cannot let go of now (a network with an endpoint that nothing has) is the next run's: it is in nobody's way.
            await RemoveAsync(name, engine => engine.TryRemoveEverythingAsync());
        }
    }

    /// <summary>Removes an instance whose processes have ended.</summary>
    public static Task RemoveAsync(string @namespace) => RemoveAsync(@namespace, engine => engine.RemoveEverythingAsync());

    private static async Task RemoveAsync(string @namespace, Func<Engine, Task> removal)
    {
        var environment = new Dictionary<string, string> { ["MINIPAAS_NAMESPACE"] = @namespace };
        (await Command.RunAsync(Platform.DaemonProgram, ["firewall", "remove"], environment: environment)).Expect();
        await removal(new Engine(@namespace));
        var directory = Directory(@namespace);
        if (System.IO.Directory.Exists(directory))
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private static bool IsOrphan(string name) =>
        Form().Match(name) is { Success: true } match && !System.IO.Directory.Exists($"/proc/{match.Groups["pid"].Value}");

    // A pid may have been given again: only a process that carries the instance's name is one of it.
    private static void EndProcesses(string name)
    {
        var directory = Directory(name);
        if (!System.IO.Directory.Exists(directory))
        {
            return;
        }

        foreach (var file in System.IO.Directory.GetFiles(directory, "*.pid"))
        {
            var environment = $"/proc/{File.ReadAllText(file)}/environ";
            if (File.Exists(environment) && File.ReadAllText(environment).Split('\0').Contains($"MINIPAAS_NAMESPACE={name}"))
            {
                using var process = System.Diagnostics.Process.GetProcessById(int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
                process.Kill();
                process.WaitForExit(TimeSpan.FromSeconds(10));
            }
        }
    }

    [GeneratedRegex($"^{Prefix}(?<pid>[0-9]+)[a-z]$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
