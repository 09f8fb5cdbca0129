namespace MiniPaaS.Daemon.Building;

/// <summary>
/// What the driver in the build container left in its results directory. The app's own code may have written it as well: it is only
/// ever about that app, and nothing in it is used before it was compared with what is possible.
/// </summary>
/// <param name="Outcome">How it ended; empty when the driver did not come to its end.</param>
/// <param name="Pack">The buildpack that detected the app.</param>
/// <param name="Name">What it called the app, as in <c>PHP</c>.</param>
/// <param name="Stack">Stack that it wants.</param>
/// <param name="Release">What its <c>bin/release</c> printed.</param>
internal sealed record BuildResults(string Outcome, string Pack, string Name, string Stack, string Release)
{
    private const int MaxName = 60;

    /// <summary>Reads the results and forgets the outcome, so that a second container cannot be taken to have ended as the first one did.</summary>
    public static BuildResults Take(string directory)
    {
        var tree = new UntrustedTree(directory);
        var results = new BuildResults(
            Text(tree, "outcome", 100), Text(tree, "pack", 100), ShortName(Text(tree, "name", 4096)), Text(tree, "stack", 100),
            Text(tree, "release", ReleaseManifest.MaxSize));
        File.Delete(Path.Combine(directory, "outcome"));
        return results;
    }

    private static string Text(UntrustedTree tree, string name, int maxBytes)
    {
        try
        {
            return tree.ReadText(name, maxBytes)?.Trim() ?? "";
        }
        catch (UntrustedFileException e)
        {
            var reason = $"The build tampered with its results: {e.Message}";
            throw new BuildRejectedException(reason, reason);
        }
    }

    private static string ShortName(string text)
    {
        var name = new string([.. text.ReplaceLineEndings("\n").Split('\n')[0].Where(c => !char.IsControl(c)).Take(MaxName)]).Trim();
        return name.Length > 0 ? name : "Unknown";
    }
}
