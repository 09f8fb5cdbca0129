using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

public sealed class SlugignoreTests
{
    [Theory]
    [InlineData("*.psd", "a.psd", true)]
    [InlineData("*.psd", "docs/deep/a.psd", true)]
    [InlineData("*.psd", ".hidden.psd", false)]
    [InlineData("*.psd", ".git/a.psd", false)]
    [InlineData("test", "test", true)]
    [InlineData("test", "a/test", true)]
    [InlineData("test/", "test", true)]
    [InlineData("test", "testing", false)]
    [InlineData("/test", "test", true)]
    [InlineData("/test", "a/test", false)]
    [InlineData("docs/*.md", "docs/a.md", true)]
    [InlineData("docs/*.md", "docs/b/a.md", false)]
    [InlineData("docs/*.md", "x/docs/a.md", false)]
    [InlineData("docs/**/*.md", "docs/a.md", true)]
    [InlineData("docs/**/*.md", "docs/b/c/a.md", true)]
    [InlineData("docs/**/*.md", "docs/.b/a.md", false)]
    [InlineData("**/a.md", "a.md", true)]
    [InlineData(".env", ".env", true)]
    [InlineData(".*", ".env", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", ".a", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("[ab].txt", "a.txt", true)]
    [InlineData("[!ab].txt", "a.txt", false)]
    [InlineData("[!ab].txt", "c.txt", true)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("a[", "a[", true)]
    [InlineData(@"a\*", "a*", true)]
    [InlineData(@"a\*", "ab", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("a+(b)|c$", "a+(b)|c$", true)]
    [InlineData("test # the tests", "test", true)]
    public void A_pattern_matches_as_Rubys_glob_does(string pattern, string path, bool ignored) =>
        Assert.Equal(ignored, Slugignore.Parse(pattern).Ignores(path));

    [Theory]
    [InlineData("!keep")]
    [InlineData("../etc")]
    [InlineData("a/../../b")]
    [InlineData("/")]
    [InlineData(".")]
    [InlineData("[z-a]")]
    public void A_pattern_that_could_not_work_is_warned_of(string pattern)
    {
        var slugignore = Slugignore.Parse(pattern);
        Assert.Contains(pattern, Assert.Single(slugignore.Warnings), StringComparison.Ordinal);
        Assert.False(slugignore.Ignores("keep"));
    }

    [Fact]
    public void Comments_empty_lines_and_Windows_line_ends_are_understood()
    {
        var slugignore = Slugignore.Parse("\uFEFF# a comment\r\n\r\ntest\r\n");
        Assert.True(slugignore.Ignores("test"));
        Assert.False(slugignore.Ignores("# a comment"));
        Assert.Empty(slugignore.Warnings);
    }
}
