using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

/// <summary>Files that came without git, as a commit.</summary>
public sealed class SourceCommitTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private readonly GitHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_commit_holds_the_files_as_git_would(bool packed)
    {
        var archive = Write(
            packed,
            File("./größe/\"b\"\nc", "one"),
            File("run", "two", executable: true),
            new GnuTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" },
            new GnuTarEntry(TarEntryType.HardLink, "copy") { LinkName = "run" },
            File(".git/config", "[core] fsmonitor = evil"),
            File("sub/.GIT/hooks/x", "evil"),
            new GnuTarEntry(TarEntryType.Fifo, "pipe"),
            new GnuTarEntry(TarEntryType.Directory, "empty/"));

        await using var commit = await MakeAsync(archive, unwrap: true);

        var listing = Encoding.UTF8.GetString(await Git.ReadAsync(commit.Objects, CancellationToken.None, "ls-tree", "-r", "-z", commit.Id));
        Assert.Equal(
            ["100644 größe/\"b\"\nc", "100755 copy", "100755 run", "120000 link"],
            listing.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line[..6]} {line[(line.IndexOf('\t') + 1)..]}").Order(StringComparer.Ordinal));
        Assert.Equal("/etc/passwd", Encoding.UTF8.GetString(await Git.ReadAsync(commit.Objects, CancellationToken.None, "show", $"{commit.Id}:link")));
        Assert.Equal(["pipe was left out: it is neither a file, a directory nor a link."], commit.Warnings);
        var info = await new SourceArchive(commit.Objects, commit.Id, host.Settings).DescribeAsync(CancellationToken.None);
        Assert.Equal((Time, "Release 1"), (info.CommittedAt, info.Subject));
    }

    [Fact]
    public async Task Its_objects_are_the_repositorys_only_when_they_are_kept()
    {
        var repository = new ObjectDirectories(host.Repositories.Ensure(7), Quarantine: null);
        string first;
        await using (var given = await MakeAsync(Write(packed: false, File("a", "one")), unwrap: false))
        {
            first = given.Id;
        }

        Assert.False(await SourceArchive.HasCommitAsync(repository, first, CancellationToken.None));
        await using (var kept = await MakeAsync(Write(packed: false, File("a", "one")), unwrap: false))
        {
            await kept.KeepAsync(CancellationToken.None);
        }

        Assert.True(await SourceArchive.HasCommitAsync(repository, first, CancellationToken.None));
        await using (var next = await MakeAsync(Write(packed: false, File("a", "one"), File("b", "two")), unwrap: false))
        {
            await next.KeepAsync(CancellationToken.None);
            Assert.Equal("one", Encoding.UTF8.GetString(await Git.ReadAsync(repository, CancellationToken.None, "show", $"{next.Id}:a")));
        }

        await Git.ReadAsync(repository, CancellationToken.None, "fsck", "--strict");
        Assert.Empty(Directory.GetDirectories(host.Settings.Builds));
    }

    [Theory]
    [InlineData(true, "a b/c")]
    [InlineData(false, "top/a top/b/c")]
    public async Task A_folder_around_everything_is_taken_away_where_that_is_asked_for(bool unwrap, string expected)
    {
        await using var commit = await MakeAsync(Write(packed: false, File("top/a", "1"), File("top/b/c", "2")), unwrap);

        Assert.Equal(expected.Split(' '), await NamesAsync(commit));
    }

    [Fact]
    public async Task A_file_beside_the_folder_leaves_it()
    {
        await using var commit = await MakeAsync(Write(packed: false, File("top/a", "1"), File("topmost", "2")), unwrap: true);

        Assert.Equal(["top/a", "topmost"], await NamesAsync(commit));
    }

    [Fact]
    public async Task What_is_no_source_is_refused_in_words()
    {
        Assert.Contains("outside of it", await RefusalAsync(Write(packed: false, File("a/../../b", "x"))), StringComparison.Ordinal);
        Assert.Contains("no files", await RefusalAsync(Write(packed: false, new GnuTarEntry(TarEntryType.Directory, "a/"))), StringComparison.Ordinal);
        Assert.Contains("does not come before it", await RefusalAsync(Write(packed: false, new GnuTarEntry(TarEntryType.HardLink, "a") { LinkName = "b" })), StringComparison.Ordinal);
        Assert.Contains("not a complete tar", await RefusalAsync(Text("no archive of any kind, but long enough to be looked at".PadRight(1024, 'x'))), StringComparison.Ordinal);
        Assert.Contains("zip file", await RefusalAsync(Text("PK\u0003\u0004 and more")), StringComparison.Ordinal);
        Assert.Contains("is empty", await RefusalAsync(Text("")), StringComparison.Ordinal);
        var cut = Write(packed: false, File("a", new string('x', 5000)));
        await System.IO.File.WriteAllBytesAsync(cut, (await System.IO.File.ReadAllBytesAsync(cut))[..3000]);
        Assert.Contains("not a complete tar", await RefusalAsync(cut), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(host.Settings.Builds));
    }

    private async Task<string> RefusalAsync(string archive) => (await Assert.ThrowsAsync<SourceException>(() => MakeAsync(archive, unwrap: false))).Message;

    private Task<SourceCommit> MakeAsync(string archive, bool unwrap)
    {
        Directory.CreateDirectory(host.Settings.Builds);
        return SourceCommit.MakeAsync(host.Settings, host.Repositories.Ensure(7), archive, unwrap, "Release 1", Time, CancellationToken.None);
    }

    private static async Task<string[]> NamesAsync(SourceCommit commit) => Encoding.UTF8
        .GetString(await Git.ReadAsync(commit.Objects, CancellationToken.None, "ls-tree", "-r", "--name-only", commit.Id)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Text(string text)
    {
        var path = Path.Combine(host.Root, Guid.NewGuid().ToString("N"));
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private string Write(bool packed, params TarEntry[] entries)
    {
        var path = Path.Combine(host.Root, Guid.NewGuid().ToString("N"));
        using Stream target = packed ? new GZipStream(System.IO.File.Create(path), CompressionLevel.Fastest) : System.IO.File.Create(path);
        using var tar = new TarWriter(target);
        foreach (var entry in entries)
        {
            tar.WriteEntry(entry);
        }

        return path;
    }

    private static GnuTarEntry File(string name, string content, bool executable = false) => new(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        Mode = (UnixFileMode)(executable ? 0b111_101_101 : 0b110_100_100),
    };
}
