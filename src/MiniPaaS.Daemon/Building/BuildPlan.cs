using System.Text;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Building;

/// <summary>What the driver in the build container is told: which packs to run, and how.</summary>
/// <param name="IsDetection">True when the first that applies builds, false when all of them do.</param>
/// <param name="Packs">In order.</param>
/// <param name="SettledStack">Stack that an earlier container has settled; null to ask the packs.</param>
internal sealed record BuildPlan(bool IsDetection, IReadOnlyList<PreparedPack> Packs, string? SettledStack)
{
    /// <summary>Name of the file in the plan's directory.</summary>
    public const string FileName = "packs";

    /// <summary>Writes it, in place of an earlier one.</summary>
    /// <param name="directory">The plan's directory, which containers can read only.</param>
    public void Write(string directory)
    {
        var text = new StringBuilder().Append(IsDetection ? "detect" : "set").Append('\n').Append(SettledStack).Append('\n');
        foreach (var pack in Packs)
        {
            text.Append(pack.Folder).Append(' ').Append(pack.Reference.Text).Append('\n');
        }

        var path = Path.Combine(directory, FileName);
        File.WriteAllText(path, text.ToString());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
    }
}
