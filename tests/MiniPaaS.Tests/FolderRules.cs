using System.Text.RegularExpressions;

namespace MiniPaaS.Tests;

/// <summary>
/// Which folder of the daemon may know which: the table is the architecture, the test keeps it true. Direction that nothing
/// enforces decays.
/// </summary>
public sealed class FolderRules
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Apps"] = [],
        ["Store"] = ["Apps"],
        ["Logging"] = [],
        ["Building"] = ["Apps", "Logging"],
        ["Routing"] = ["Apps", "Store"],
        ["Securing"] = ["Apps", "Store", "Logging", "Building"],
        ["Running"] = ["Apps", "Store", "Logging", "Routing"],
        ["Releasing"] = ["Apps", "Store", "Logging", "Routing", "Running"],
        ["Receiving"] = ["Apps", "Store", "Logging", "Building", "Releasing", "Running"],
        ["Api"] = ["Apps", "Store", "Logging", "Building", "Releasing", "Receiving", "Routing", "Running", "Securing"],
    };

    private static readonly string Daemon = Path.Combine(Repository.Root, "src", "MiniPaaS.Daemon");

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Daemon).Select(d => Path.GetFileName(d)!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_the_folders_it_may_know(string folder)
    {
        Assert.True(Allowed.ContainsKey(folder), $"{folder} is new: say in the table what it may know");
        var wrong = from file in Directory.EnumerateFiles(Path.Combine(Daemon, folder), "*.cs", SearchOption.AllDirectories)
                    from Match use in Regex.Matches(File.ReadAllText(file), @"MiniPaaS\.Daemon\.(\w+)|(?<![\w.])(Apps|Store|Logging|Building|Releasing|Receiving|Routing|Running|Securing|Api)\.[A-Z]\w+")
                    let used = use.Groups[1].Success ? use.Groups[1].Value : use.Groups[2].Value
                    where Allowed.ContainsKey(used) && used != folder && !Allowed[folder].Contains(used)
                    select $"{Path.GetRelativePath(Daemon, file)} uses {used}";
        Assert.Empty(wrong.Distinct());
    }

    [Theory]
    [InlineData("MiniPaaS.Protocol")]
    [InlineData("MiniPaaS.Docker")]
    [InlineData("MiniPaaS.Router", "MiniPaaS.Protocol")]
    [InlineData("MiniPaaS.Cli", "MiniPaaS.Protocol")]
    [InlineData("MiniPaaS.Daemon", "MiniPaaS.Protocol", "MiniPaaS.Docker")]
    public void A_project_references_only_the_projects_it_may_know(string project, params string[] allowed)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", project, $"{project}.csproj"));
        var referenced = Regex.Matches(text, "ProjectReference Include=\"../(MiniPaaS\\.\\w+)/").Select(m => m.Groups[1].Value);
        Assert.Empty(referenced.Except(allowed));
    }
}
