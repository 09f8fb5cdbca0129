using System.Formats.Tar;
using System.Text;
using MiniPaaS.Daemon.Slugs;

namespace MiniPaaS.Tests.Slugs;

public sealed class SlugDiffTests
{
    [Fact]
    public async Task Files_links_and_rights_are_compared()
    {
        var before = await FilesAsync(
            Directory("app/"), File("app/same", "x"), File("app/content", "old"), File("app/mode", "x", UnixFileMode.UserRead), File("app/gone", "x"),
            Link("app/link", "a"), File("app/kind", "x"));
        var after = await FilesAsync(
            Directory("app/"), File("app/same", "x"), File("app/content", "older"), File("app/mode", "x", UnixFileMode.UserRead | UnixFileMode.UserExecute),
            File("app/new", "xy"), Link("app/link", "b"), Link("app/kind", "same"));

        var changes = SlugDiff.Between(before, after).Select(c => $"{c.Change} {c.Path} {c.Before}->{c.After} {c.Detail}".TrimEnd());

        Assert.Equal(
            [
                "changed content 3->5 content", "removed gone 1->", "changed kind 1->0 file -> symlink", "changed link 0->0 target a -> b",
                "changed mode 1->1 mode 400 -> 500", "added new ->2",
            ],
            changes);
        Assert.Empty(SlugDiff.Between(before, before));
    }

    [Fact]
    public async Task Which_name_of_a_file_comes_first_does_not_matter()
    {
        var hard = new GnuTarEntry(TarEntryType.HardLink, "app/b") { LinkName = "app/a" };
        var other = new GnuTarEntry(TarEntryType.HardLink, "app/a") { LinkName = "app/b" };

        Assert.Empty(SlugDiff.Between(await FilesAsync(File("app/a", "x"), hard), await FilesAsync(File("app/b", "x"), other)));
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("app/../etc/passwd")]
    [InlineData("/app/x")]
    [InlineData("apple/x")]
    public async Task A_name_outside_of_the_app_is_refused(string name) =>
        await Assert.ThrowsAsync<FormatException>(() => FilesAsync(File(name, "x")));

    [Fact]
    public async Task A_link_to_a_file_that_is_not_there_and_a_device_are_refused()
    {
        await Assert.ThrowsAsync<FormatException>(() => FilesAsync(new GnuTarEntry(TarEntryType.HardLink, "app/b") { LinkName = "app/a" }));
        await Assert.ThrowsAsync<FormatException>(() => FilesAsync(new GnuTarEntry(TarEntryType.HardLink, "app/b") { LinkName = "etc/passwd" }));
        await Assert.ThrowsAsync<FormatException>(() => FilesAsync(new GnuTarEntry(TarEntryType.CharacterDevice, "app/null")));
    }

    private static async Task<System.Collections.Immutable.ImmutableArray<SlugFile>> FilesAsync(params TarEntry[] entries)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                await writer.WriteEntryAsync(entry);
            }
        }

        tar.Position = 0;
        return await SlugFiles.ReadAsync(tar, default);
    }

    private static GnuTarEntry Directory(string name) => new(TarEntryType.Directory, name);

    private static GnuTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static GnuTarEntry File(string name, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite) =>
        new(TarEntryType.RegularFile, name) { Mode = mode, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };
}
