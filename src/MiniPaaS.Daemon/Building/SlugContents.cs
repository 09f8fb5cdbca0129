using System.Collections.Immutable;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Building;

/// <summary>What a built tree says of itself.</summary>
/// <param name="ProcessTypes">Command lines by process type.</param>
/// <param name="Mounts">Shared runtimes that its dynos need.</param>
/// <param name="Healthchecks">The app.json <c>healthchecks</c> object as JSON text, or null.</param>
internal sealed record SlugContents(
    ImmutableSortedDictionary<string, string> ProcessTypes, ImmutableArray<string> Mounts, string? Healthchecks)
{
    private const int MaxAppJson = 64 * 1024;
    private const string Dotnet = "dotnet";

    /// <summary>Reads the tree after the last buildpack has run, which may have rewritten it, and tells the log what it found.</summary>
    /// <param name="tree">The built tree.</param>
    /// <param name="defaults">Process types of the buildpack.</param>
    /// <param name="log">Told the process types and warnings.</param>
    /// <exception cref="BuildRejectedException">A file cannot be read.</exception>
    public static async Task<SlugContents> ReadAsync(UntrustedTree tree, IReadOnlyDictionary<string, string> defaults, BuildLog log)
    {
        await log.StepAsync("Discovering process types");
        var procfile = Read(tree, "Procfile", Procfile.MaxSize) is { } text ? Procfile.Parse(text) : Procfile.Empty;
        var ownDefaults = defaults.Keys.Where(type => !procfile.Processes.ContainsKey(type)).ToArray();
        var declared = string.Join(", ", procfile.Processes.Keys.DefaultIfEmpty("(none)"));
        if (ownDefaults.Length == 0)
        {
            await log.DetailAsync($"Procfile declares types -> {declared}");
        }
        else
        {
            await log.DetailAsync($"Procfile declares types     -> {declared}");
            await log.DetailAsync($"Default types for buildpack -> {string.Join(", ", ownDefaults)}");
        }

        foreach (var warning in procfile.Warnings)
        {
            await log.ErrorAsync(warning);
        }

        return new SlugContents(procfile.MergeDefaults(defaults), ReadMounts(tree), await ReadHealthchecksAsync(tree, log));
    }

    private static ImmutableArray<string> ReadMounts(UntrustedTree tree)
    {
        var words = (Read(tree, ".minipaas/mounts", 1024) ?? "")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToImmutableArray();
        return words.FirstOrDefault(word => word != Dotnet) is { } unknown
            ? throw new BuildRejectedException(
                "The slug asks for an unknown runtime.",
                $".minipaas/mounts names \"{unknown}\": the only runtime this platform lends is \"{Dotnet}\".")
            : words;
    }

    private static async Task<string?> ReadHealthchecksAsync(UntrustedTree tree, BuildLog log)
    {
        if (Read(tree, "app.json", MaxAppJson) is not { } text)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(text.TrimStart('\uFEFF'));
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("healthchecks", out var checks))
            {
                if (checks.ValueKind == JsonValueKind.Object)
                {
                    return checks.GetRawText();
                }

                await log.ErrorAsync("app.json: \"healthchecks\" is not an object; the default health check is used.");
            }
        }
        catch (JsonException e)
        {
            await log.ErrorAsync($"app.json is not valid JSON and was ignored: {e.Message}");
        }

        return null;
    }

    private static string? Read(UntrustedTree tree, string path, int maxBytes)
    {
        try
        {
            return tree.ReadText(path, maxBytes);
        }
        catch (UntrustedFileException e)
        {
            throw new BuildRejectedException(e.Message, e.Message);
        }
    }
}
