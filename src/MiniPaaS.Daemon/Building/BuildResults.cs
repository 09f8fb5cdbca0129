using System.Collections.Immutable;
using System.Globalization;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// What the driver in the build container left in its results directory. The app's own code may have written it as well: it is only
/// ever about that app, and nothing in it is used before it was compared with what is possible.
/// </summary>
/// <param name="Status">Exit code of the driver's last job; -1 when it did not come to its end.</param>
/// <param name="Outcome">How it ended; empty when the driver did not come to its end.</param>
/// <param name="Detected">Folder of the buildpack that detected the app, where none was chosen.</param>
/// <param name="Names">What each buildpack called the app, as in <c>PHP</c>, up to the one that failed.</param>
/// <param name="Stack">Stack that they want.</param>
/// <param name="Release">What <c>bin/release</c> of the last one printed.</param>
/// <param name="Spent">How long the buildpacks' own programs took together, by the container's clock.</param>
internal sealed record BuildResults(
    int Status, string Outcome, string Detected, ImmutableArray<string> Names, string Stack, string Release, TimeSpan Spent)
{
    private const int MaxName = 60;

    /// <summary>What the last of the buildpacks called the app.</summary>
    public string Name => Names.LastOrDefault("Unknown");

    /// <summary>Reads the results and forgets the outcome, so that what runs next cannot be taken to have ended so.</summary>
    public static BuildResults Take(string directory)
    {
        var tree = new UntrustedTree(directory);
        var names = Text(tree, "names", 64 * 1024).ReplaceLineEndings("\n").TrimEnd('\n');
        var results = new BuildResults(
            int.TryParse(Text(tree, "status", 100), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : -1,
            Text(tree, "outcome", 100).Trim(),
            Text(tree, "detected", 100).Trim(),
            names.Length == 0 ? [] : [.. names.Split('\n').Select(ShortName)],
            Text(tree, "stack", 100).Trim(),
            Text(tree, "release", ReleaseManifest.MaxSize),
            uint.TryParse(Text(tree, "spent", 100), CultureInfo.InvariantCulture, out var spent) ? TimeSpan.FromMicroseconds(spent) : default);
        File.Delete(Path.Combine(directory, "outcome"));
        File.Delete(Path.Combine(directory, "status"));
        return results;
    }

    private static string Text(UntrustedTree tree, string name, int maxBytes)
    {
        try
        {
            return tree.ReadText(name, maxBytes) ?? "";
        }
        catch (UntrustedFileException e)
        {
            var reason = $"The build tampered with its results: {e.Message}";
            throw new BuildRejectedException(reason, reason);
        }
    }

    private static string ShortName(string text)
    {
        var name = new string([.. text.Where(c => !char.IsControl(c)).Take(MaxName)]).Trim();
        return name.Length > 0 ? name : "Unknown";
    }
}
