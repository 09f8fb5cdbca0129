namespace MiniPaaS.EndToEnd.Harness;

/// <summary>The checkout that the tests run in, and the programs under test.</summary>
internal static class Repository
{
    private static readonly string[] Configurations = ["debug", "release"];

    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Folder of an example application or of one that only the tests have.</summary>
    public static string App(string name) =>
        new[] { Path.Combine(Root, "examples", name), Path.Combine(Root, "tests", "MiniPaaS.EndToEnd.Tests", "fixtures", name) }
            .FirstOrDefault(Directory.Exists) ?? throw new DirectoryNotFoundException($"There is no app {name} in examples or fixtures.");

    /// <summary>
    /// Path of a program: as an install publishes it where MINIPAAS_E2E_BIN says so, else from the last build, of this
    /// configuration if there is one.
    /// </summary>
    /// <param name="folder">Folder below MINIPAAS_E2E_BIN.</param>
    /// <param name="project">Project of the program.</param>
    /// <param name="file">File name.</param>
    public static string Program(string folder, string project, string file)
    {
        var own = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var candidates = Environment.GetEnvironmentVariable("MINIPAAS_E2E_BIN") is { Length: > 0 } published
            ? [Path.Combine(published, folder, file)]
            : Configurations.OrderByDescending(c => c == own).Select(c => Path.Combine(Root, "artifacts", "bin", project, c, file)).ToArray();
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"Build the solution first: there is no {string.Join(" and no ", candidates)}.");
    }

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "MiniPaaS.sln"))
            ? directory
            : Find(Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("MiniPaaS.sln is in no parent directory"));
}
