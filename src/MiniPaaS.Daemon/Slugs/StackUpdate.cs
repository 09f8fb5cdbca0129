using System.Collections.Immutable;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>Makes a stack's images anew from the packages that Debian has today.</summary>
internal sealed class StackUpdate(DockerClient docker, StackPackages packages, Settings settings)
{
    private static readonly string[] Forwarded = ["MINIPAAS_DEBIAN_ARCHIVE", "MINIPAAS_DEBIAN_SECURITY_ARCHIVE"];

    /// <summary>Updates a stack, and says what it does and which packages have changed. Apps stay on what they are on.</summary>
    /// <param name="stack">An installed stack.</param>
    /// <param name="say">Gets every line.</param>
    /// <param name="ct">Gives it up; the images stay as they were then.</param>
    /// <returns>True when it succeeded.</returns>
    public async Task<bool> RunAsync(string stack, Func<string, Task> say, CancellationToken ct)
    {
        var before = await PackagesAsync(stack, ct);
        var program = Path.Combine(settings.BuildpacksDir, "stacks", "build-stack");
        await using var build = HostProcess.Start(["bash", program, stack, "--update"], "/", Environment());
        build.Input.Close();
        using var lines = new StreamReader(build.Output);
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            await say(line);
        }

        if (await build.ExitAsync(ct) != 0)
        {
            foreach (var line in (await build.ErrorsAsync(ct)).Split('\n'))
            {
                await say(line);
            }

            return false;
        }

        var changes = StackPackages.Changes(before, await PackagesAsync(stack, ct)).ToArray();
        foreach (var change in changes)
        {
            await say(change);
        }

        await say(changes.Length == 0 ? $"stack {stack}: no package has changed" : $"stack {stack}: changed packages: {changes.Length}");
        return true;
    }

    private async Task<ImmutableSortedDictionary<string, string>> PackagesAsync(string stack, CancellationToken ct) =>
        await docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct) is { } image
            ? await packages.OfAsync(image.Id, ct)
            : ImmutableSortedDictionary<string, string>.Empty;

    private static Dictionary<string, string> Environment() =>
        Forwarded.Select(name => (Name: name, Value: System.Environment.GetEnvironmentVariable(name)))
            .Where(variable => !string.IsNullOrEmpty(variable.Value))
            .ToDictionary(variable => variable.Name, variable => variable.Value!, StringComparer.Ordinal);
}
