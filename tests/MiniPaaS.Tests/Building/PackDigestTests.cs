using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class PackDigestTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-pack");

    public PackDigestTests()
    {
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        Write("bin/detect", "#!/bin/sh\n");
        Write("lib/words", "a");
    }

    [Fact]
    public async Task Times_and_what_git_keeps_beside_a_pack_do_not_change_it()
    {
        var before = await DigestAsync();
        File.SetLastWriteTimeUtc(PathOf("lib/words"), DateTime.UnixEpoch);
        Write(".git/HEAD", "ref: refs/heads/main\n");
        Assert.Equal(before, await DigestAsync());
        Assert.Matches("^sha256:[0-9a-f]{64}$", before);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("name")]
    [InlineData("link")]
    public async Task Everything_else_does(string what)
    {
        var before = await DigestAsync();
        switch (what)
        {
            case "content":
                Write("lib/words", "b");
                break;
            case "mode":
                File.SetUnixFileMode(PathOf("lib/words"), (UnixFileMode)0b111_101_101);
                break;
            case "name":
                File.Move(PathOf("lib/words"), PathOf("lib/word"));
                break;
            default:
                File.CreateSymbolicLink(PathOf("lib/link"), "/etc/passwd");
                break;
        }

        Assert.NotEqual(before, await DigestAsync());
    }

    public void Dispose() => folder.Delete(recursive: true);

    private Task<string> DigestAsync() => PackDigest.OfAsync(folder.FullName, CancellationToken.None);

    private string PathOf(string name) => Path.Combine(folder.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }
}
