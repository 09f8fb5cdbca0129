namespace MiniPaaS.Tests;

/// <summary>What reads badly in a codebase is its largest files: the budget is a test.</summary>
public sealed class SizeRules
{
    private const int LongestFile = 300;

    [Fact]
    public void No_source_file_is_longer_than_the_budget()
    {
        var long_ = from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
                    let lines = File.ReadLines(file).Count()
                    where lines > LongestFile
                    select $"{Path.GetRelativePath(Repository.Root, file)}: {lines} lines";
        Assert.Empty(long_);
    }
}
