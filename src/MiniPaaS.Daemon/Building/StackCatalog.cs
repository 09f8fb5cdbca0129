using System.Collections.Immutable;
using System.Globalization;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Building;

/// <summary>A stack as its folder defines it.</summary>
/// <param name="Name">As in <c>bookworm</c>.</param>
/// <param name="Description">What it is.</param>
/// <param name="RetiredOn">From when on no app may choose it any more; null while nothing is planned.</param>
internal sealed record StackDefinition(string Name, string Description, DateOnly? RetiredOn);

/// <summary>The installed stacks: folders of <c>stacks</c> beside the buildpacks, whose <c>stack.env</c> describes them.</summary>
internal sealed class StackCatalog(Settings settings, TimeProvider time)
{
    /// <summary>All installed stacks, the default one first.</summary>
    public ImmutableArray<StackDefinition> All() =>
        [.. settings.Stacks.OrderByDescending(stack => stack == settings.DefaultStack).Select(Read)];

    /// <summary>True from the day of its retirement on.</summary>
    public bool IsRetired(StackDefinition stack) => stack.RetiredOn is { } day && day <= Today;

    /// <summary>Why an app cannot be moved to a stack, or null.</summary>
    public string? Refusal(string stack) =>
        stack == Slug.ContainerStack ? null
            : !settings.Stacks.Contains(stack, StringComparer.Ordinal)
            ? $"There is no stack \"{stack}\" here; installed are: {string.Join(", ", settings.Stacks)}, and {Slug.ContainerStack} for a Dockerfile."
            : Read(stack) is var found && IsRetired(found)
                ? $"The stack {stack} was retired on {Day(found)}: apps on it are still built and run, but none can be moved to it. "
                  + $"Choose another: {string.Join(", ", All().Where(other => !IsRetired(other)).Select(other => other.Name))}."
                : null;

    /// <summary>What there is to say to somebody who pushes to an app on this stack; nothing while its end is not planned.</summary>
    public IEnumerable<string> Warnings(string stack)
    {
        if (settings.Stacks.Contains(stack, StringComparer.Ordinal) && Read(stack) is { RetiredOn: not null } found)
        {
            yield return IsRetired(found)
                ? $"The stack {stack} was retired on {Day(found)} and gets no security updates any more."
                : $"The stack {stack} will be retired on {Day(found)}.";
            yield return "Move this app to another one: paas stack:set STACK, then push. `paas stacks` lists them.";
        }
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private static string Day(StackDefinition stack) => stack.RetiredOn!.Value.ToString("yyyy-MM-dd");

    private StackDefinition Read(string stack)
    {
        var file = Path.Combine(settings.BuildpacksDir, "stacks", stack, "stack.env");
        var values = File.Exists(file)
            ? File.ReadLines(file).Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2)
                .ToLookup(parts => parts[0].Trim(), parts => parts[1].Trim().Trim('"', '\''), StringComparer.Ordinal)
            : Array.Empty<string[]>().ToLookup(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        var retired = DateOnly.TryParseExact(values["retired"].LastOrDefault(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        return new StackDefinition(stack, values["description"].LastOrDefault() ?? "", retired ? day : null);
    }
}
