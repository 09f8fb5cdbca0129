using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>
/// Reads along what the engine's builder says, as its own view of a Dockerfile: no instruction may use an image that was not looked at
/// before, whatever made the two read the file differently.
/// </summary>
/// <param name="file">The Dockerfile.</param>
/// <param name="images">Ids of the images that it may begin with.</param>
internal sealed partial class DockerfileWatch(Dockerfile file, IReadOnlyCollection<string> images)
{
    private const string Scratch = "scratch";

    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private bool begins;
    private bool starts;
    private bool isCached;

    /// <summary>Shortened id of the last image that this build has made itself, or null.</summary>
    public string? Made { get; private set; }

    /// <summary>Takes one message of the builder.</summary>
    /// <returns>Shortened id of a container that is about to start, or null.</returns>
    /// <exception cref="BuildRejectedException">An instruction uses an image that it may not.</exception>
    public string? Look(string message)
    {
        if (Step().Match(message) is { Success: true } step)
        {
            (begins, starts, isCached) = (step.Groups["instruction"].Value.Equals("FROM", StringComparison.OrdinalIgnoreCase), true, false);
            foreach (var from in From().Matches(step.Groups["flags"].Value).Select(match => match.Groups["image"].Value))
            {
                Allow(from, from == Scratch || file.IsStage(from) || file.Images.Contains(from));
            }
        }
        else if (Running().Match(message) is { Success: true } running && starts)
        {
            starts = false;
            return running.Groups["id"].Value;
        }
        else if (message.StartsWith(" ---> Using cache", StringComparison.Ordinal))
        {
            isCached = true;
        }
        else if (Result().Match(message) is { Success: true } result)
        {
            Pass(result.Groups["id"].Value);
        }

        return null;
    }

    private void Pass(string id)
    {
        if (begins)
        {
            Allow(id, seen.Contains(id) || images.Any(image => image.StartsWith($"sha256:{id}", StringComparison.Ordinal)));
        }
        else if (!isCached)
        {
            Made = id;
        }

        seen.Add(id);
        (begins, isCached) = (false, false);
    }

    private static void Allow(string image, bool isAllowed)
    {
        if (!isAllowed)
        {
            throw new BuildRejectedException(
                $"The Dockerfile uses the image {image} in a way that was not foreseen.",
                $"The Dockerfile uses the image {image} in a way that this platform does not understand. Write its name into FROM or --from as it is.");
        }
    }

    [GeneratedRegex(@"^Step [0-9]+/[0-9]+ : (?<instruction>[A-Za-z]+)(?<flags>(?:\s+--\S+)*)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Step();

    [GeneratedRegex(@"--from=(?<image>\S+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex From();

    [GeneratedRegex(@"^ ---> Running in (?<id>[0-9a-f]{12})\s*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Running();

    [GeneratedRegex(@"^ ---> (?<id>[0-9a-f]{12})\s*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Result();
}
