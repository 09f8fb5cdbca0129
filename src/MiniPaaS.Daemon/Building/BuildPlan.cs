using System.Collections.Immutable;
using System.Text;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Building;

/// <summary>What the driver in the build container is told: which packs to run, and how.</summary>
/// <param name="IsDetection">True when the first that applies builds, false when all of them do.</param>
/// <param name="Packs">In order.</param>
/// <param name="SettledStack">Stack that an earlier container has settled; null to ask the packs.</param>
internal sealed record BuildPlan(bool IsDetection, IReadOnlyList<PreparedPack> Packs, string? SettledStack)
{
    /// <summary>Name of the pipe in the plan's directory that the driver is told by what to do.</summary>
    public const string Jobs = "jobs";

    /// <summary>Writes it, in place of an earlier one.</summary>
    /// <param name="directory">The plan's directory, which containers can read only.</param>
    /// <param name="request">What is built.</param>
    public void Write(string directory, BuildRequest request)
    {
        WriteFile(
            directory,
            "environment",
            $"SOURCE_VERSION={request.Commit}\nREQUEST_ID=build-{request.BuildId}\nDYNO=build.{request.BuildId}\n"
            + $"MINIPAAS_STACK_WANTED={request.StackWanted}\nMINIPAAS_SOURCE_DATE={request.CommittedAt.ToUnixTimeSeconds()}\n");
        var text = new StringBuilder().Append(IsDetection ? "detect" : "set").Append('\n').Append(SettledStack).Append('\n');
        foreach (var pack in Packs)
        {
            text.Append(pack.Folder).Append(' ').Append(pack.Reference.Text).Append('\n');
        }

        WriteFile(directory, "packs", text.ToString());
    }

    /// <summary>The programs that may serve the app's next build, as its packs' files <c>servers</c> name them: patterns of paths.</summary>
    /// <returns>None when a pack is not one of the platform's own: what those leave running is not known.</returns>
    public ImmutableArray<string> Servers(Settings settings) => Packs.All(pack => pack.Reference is PackReference.Own)
        ? [.. Packs.Select(pack => Path.Combine(settings.BuildpacksDir, pack.Folder, "servers")).Where(File.Exists).SelectMany(File.ReadAllLines)]
        : [];

    /// <summary>Writes which programs may stay.</summary>
    /// <param name="directory">The plan's directory.</param>
    /// <param name="servers">Patterns of their paths.</param>
    public static void WriteServers(string directory, IEnumerable<string> servers) =>
        WriteFile(directory, "servers", string.Concat(servers.Select(server => $"{server}\n")));

    private static void WriteFile(string directory, string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
    }
}
