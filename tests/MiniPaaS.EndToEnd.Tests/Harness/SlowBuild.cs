namespace MiniPaaS.EndToEnd.Harness;

/// <summary>A .NET app whose build can be made to take its time.</summary>
internal static class SlowBuild
{
    /// <summary>Word that the build prints before it falls asleep.</summary>
    public const string Word = "falling asleep";

    private const string Project = "dotnet-hello.csproj";

    /// <summary>Commits a build step that sleeps for two minutes.</summary>
    public static Task CommitSlowBuildAsync(this TestApp app) => app.CommitBuildStepAsync($"echo {Word}; sleep 120");

    /// <summary>Commits a shell command that the build runs.</summary>
    public static async Task CommitBuildStepAsync(this TestApp app, string command)
    {
        await app.CommitFastBuildAsync();
        var step = new System.Xml.Linq.XElement(
            "Target",
            new System.Xml.Linq.XAttribute("Name", "Step"),
            new System.Xml.Linq.XAttribute("BeforeTargets", "BeforeBuild"),
            new System.Xml.Linq.XElement(
                "Exec",
                new System.Xml.Linq.XAttribute("Command", command),
                new System.Xml.Linq.XAttribute("StandardOutputImportance", "high")));
        var project = await File.ReadAllTextAsync(Path.Combine(app.Folder, Project));
        await app.CommitAsync(Project, project.Replace("</Project>", $"{step}\n</Project>", StringComparison.Ordinal));
    }

    /// <summary>Commits the project as the example has it.</summary>
    public static async Task CommitFastBuildAsync(this TestApp app) =>
        await app.CommitAsync(Project, await File.ReadAllTextAsync(Path.Combine(Repository.App("dotnet-hello"), Project)));
}
