using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using MiniPaaS.Cli;
using MiniPaaS.Cli.Client;

namespace MiniPaaS.Tests.Cli;

/// <summary>What of a directory is deployed, and in which form.</summary>
public sealed class SourceFilesTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("paas-source-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Outside_of_git_everything_is_taken_and_no_link_followed()
    {
        Write("a/b", "1");
        Write(".hidden", "2");
        Directory.CreateSymbolicLink(Path.Combine(directory, "etc"), "/etc");
        Directory.CreateSymbolicLink(Path.Combine(directory, "loop"), ".");
        File.CreateSymbolicLink(Path.Combine(directory, "gone"), "nowhere");

        Assert.Equal([".hidden", "a/b", "etc", "gone", "loop"], await ListAsync());
    }

    [Fact]
    public async Task In_a_work_tree_git_decides()
    {
        await GitAsync("init", "--quiet");
        Write(".gitignore", "ignored\nbuild/\n");
        Write("tracked ü", "1");
        Write("removed", "1");
        await GitAsync("add", "--all");
        File.Delete(Path.Combine(directory, "removed"));
        Write("new", "2");
        Write("ignored", "3");
        Write("build/site/index.html", "4");
        Write("nested/x", "5");
        await GitAsync("-C", "nested", "init", "--quiet");

        Assert.Equal([".gitignore", "nested/x", "new", "tracked ü"], await ListAsync());
        Assert.Equal(["index.html"], await SourceFiles.ListAsync(Path.Combine(directory, "build", "site"), CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_to_deploy_is_said() => await Assert.ThrowsAsync<PaasException>(ListAsync);

    [Fact]
    public async Task The_same_files_give_the_same_bytes()
    {
        Write("run", "1");
        File.SetUnixFileMode(Path.Combine(directory, "run"), (UnixFileMode)0b111_000_000);
        Write("plain", "2");
        File.SetUnixFileMode(Path.Combine(directory, "plain"), (UnixFileMode)0b110_000_000);
        var before = await PackAsync();
        File.SetLastWriteTimeUtc(Path.Combine(directory, "plain"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetUnixFileMode(Path.Combine(directory, "plain"), (UnixFileMode)0b110_100_100);

        var after = await PackAsync();

        Assert.Equal(Convert.ToHexString(SHA256.HashData(before)), Convert.ToHexString(SHA256.HashData(after)));
        using var tar = new TarReader(new GZipStream(new MemoryStream(after), CompressionMode.Decompress));
        Assert.Equal(("plain", 0b110_100_100), Head(tar.GetNextEntry()!));
        Assert.Equal(("run", 0b111_101_101), Head(tar.GetNextEntry()!));

        static (string, int) Head(TarEntry entry) => (entry.Name, (int)entry.Mode);
    }

    private async Task<byte[]> PackAsync()
    {
        using var target = new MemoryStream();
        await new SourceArchive(directory, await ListAsync(), _ => { }).WriteAsync(target, CancellationToken.None);
        return target.ToArray();
    }

    private Task<IReadOnlyList<string>> ListAsync() => SourceFiles.ListAsync(directory, CancellationToken.None);

    private void Write(string file, string content)
    {
        var path = Path.Combine(directory, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private Task<string> GitAsync(params string[] arguments) => Git.RunAsync(["-C", directory, .. arguments], CancellationToken.None);
}
