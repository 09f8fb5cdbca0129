using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class UntrustedTreeTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("minipaas-tree-").FullName;
    private readonly UntrustedTree tree;

    public UntrustedTreeTests()
    {
        Directory.CreateDirectory(Path.Combine(root, "tree", "d"));
        File.WriteAllText(Path.Combine(root, "secret"), "secret");
        File.WriteAllText(Path.Combine(root, "tree", "plain"), "größe");
        File.WriteAllText(Path.Combine(root, "tree", "d", "plain"), "deep");
        tree = new UntrustedTree(Path.Combine(root, "tree"));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Plain_files_are_read()
    {
        Assert.Equal("größe", tree.ReadText("plain", 100));
        Assert.Equal("deep", tree.ReadText("d/plain", 100));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("none/none")]
    [InlineData("d/none")]
    public void What_is_missing_is_null(string path) => Assert.Null(tree.ReadText(path, 100));

    [Theory]
    [InlineData("../secret")]
    [InlineData("secret-name")]
    [InlineData("plain")]
    public void A_symlink_in_place_of_the_file_is_refused(string target)
    {
        File.CreateSymbolicLink(Path.Combine(root, "tree", "link"), target);
        Assert.Throws<UntrustedFileException>(() => tree.ReadText("link", 100));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("d")]
    public void A_symlink_in_place_of_a_directory_is_refused(string target)
    {
        Directory.CreateSymbolicLink(Path.Combine(root, "tree", "link"), target);
        Assert.Throws<UntrustedFileException>(() => tree.ReadText(target == ".." ? "link/secret" : "link/plain", 100));
    }

    [Theory]
    [InlineData("plain/none")]
    [InlineData("d")]
    public void Files_and_directories_are_not_taken_for_each_other(string path) =>
        Assert.Throws<UntrustedFileException>(() => tree.ReadText(path, 100));

    [Fact]
    public async Task A_pipe_is_refused_without_waiting_for_a_writer()
    {
        await HostProcess.RunAsync(["mkfifo", "pipe"], Path.Combine(root, "tree"), environment: null, CancellationToken.None);
        Assert.Throws<UntrustedFileException>(() => tree.ReadText("pipe", 100));
    }

    [Theory]
    [InlineData(2048, true)]
    [InlineData(2049, false)]
    public void The_size_is_limited(int size, bool accepted)
    {
        File.WriteAllText(Path.Combine(root, "tree", "big"), new string('x', size));
        if (accepted)
        {
            Assert.Equal(size, tree.ReadText("big", 2048)!.Length);
        }
        else
        {
            Assert.Contains("2 KB", Assert.Throws<UntrustedFileException>(() => tree.ReadText("big", 2048)).Message, StringComparison.Ordinal);
        }
    }
}
