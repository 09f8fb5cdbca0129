using System.Text.RegularExpressions;

namespace MiniPaaS.Tests;

/// <summary>
/// Which folder of the daemon and of the router may know which: the table is the architecture, the test keeps it true. Direction that nothing
/// enforces decays.
/// </summary>
public sealed class FolderRules
{
    private static readonly Dictionary<string, string[]> Daemon = new()
    {
        ["Apps"] = [],
        ["Store"] = ["Apps"],
        ["Logging"] = [],
        ["Building"] = ["Apps", "Logging"],
        ["Routing"] = ["Apps", "Store", "Logging"],
        ["Securing"] = ["Apps", "Store", "Logging", "Building"],
        ["Attesting"] = ["Apps", "Store", "Building", "Securing"],
        ["Running"] = ["Apps", "Store", "Logging", "Routing"],
        ["Releasing"] = ["Apps", "Store", "Logging", "Attesting", "Routing", "Running"],
        ["Receiving"] = ["Apps", "Store", "Logging", "Building", "Attesting", "Releasing", "Running"],
        ["Slugs"] = ["Apps", "Store", "Logging", "Building", "Attesting", "Releasing", "Receiving", "Running"],
        ["Draining"] = ["Apps", "Store", "Logging", "Building"],
        ["Api"] = ["Apps", "Store", "Logging", "Building", "Attesting", "Draining", "Releasing", "Receiving", "Routing", "Running", "Securing", "Slugs"],
    };

    private static readonly Dictionary<string, string[]> Router = new()
    {
        ["Reporting"] = [],
        ["Routing"] = ["Reporting"],
        ["Forwarding"] = ["Reporting", "Routing"],
        ["Listening"] = ["Reporting", "Routing", "Forwarding"],
        ["Admin"] = ["Reporting", "Routing", "Forwarding", "Listening"],
    };

    public static TheoryData<string, string> Folders
    {
        get
        {
            var folders = new TheoryData<string, string>();
            foreach (var project in (string[])["Daemon", "Router"])
            {
                foreach (var folder in Directory.GetDirectories(PathOf(project)))
                {
                    folders.Add(project, Path.GetFileName(folder));
                }
            }

            return folders;
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_the_folders_it_may_know(string project, string folder)
    {
        var allowed = project == "Daemon" ? Daemon : Router;
        Assert.True(allowed.ContainsKey(folder), $"{folder} is new: say in the table what it may know");
        var use = new Regex($@"MiniPaaS\.{project}\.(\w+)|(?<![\w.])({string.Join('|', allowed.Keys)})\.[A-Z]\w+");
        var wrong = from file in Directory.EnumerateFiles(Path.Combine(PathOf(project), folder), "*.cs", SearchOption.AllDirectories)
                    from Match match in use.Matches(File.ReadAllText(file))
                    let used = match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value
                    where allowed.ContainsKey(used) && used != folder && !allowed[folder].Contains(used)
                    select $"{Path.GetRelativePath(PathOf(project), file)} uses {used}";
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

    private static string PathOf(string project) => Path.Combine(Repository.Root, "src", $"MiniPaaS.{project}");
}
