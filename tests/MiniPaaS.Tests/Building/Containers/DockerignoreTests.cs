using MiniPaaS.Daemon.Building.Containers;

namespace MiniPaaS.Tests.Building.Containers;

/// <summary>The examples of Docker's documentation, and the traps around them.</summary>
public sealed class DockerignoreTests
{
    [Theory]
    [InlineData("*/temp*", "somedir/temporary.txt", true)]
    [InlineData("*/temp*", "a/b/temporary.txt", false)]
    [InlineData("*/*/temp*", "a/b/temp/x", true)]
    [InlineData("temp?", "tempa", true)]
    [InlineData("temp?", "temp", false)]
    [InlineData("**/*.go", "a/b/c.go", true)]
    [InlineData("**/*.go", "c.go", true)]
    [InlineData("/foo/bar", "foo/bar", true)]
    [InlineData("foo", "foo/bar", true)]
    [InlineData("foo", "a/foo", false)]
    [InlineData("./foo/", "foo/x", true)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("# comment\n\n*", "a", true)]
    [InlineData("*\n!a/b", "a/b/c", false)]
    [InlineData("[ab]c", "bc", true)]
    [InlineData("[^ab]c", "bc", false)]
    [InlineData("a+(b", "a+(b", true)]
    [InlineData("\\*", "x", false)]
    public void The_last_pattern_that_applies_decides(string patterns, string path, bool ignored) =>
        Assert.Equal(ignored, Dockerignore.Parse(patterns).Ignores(path));
}
