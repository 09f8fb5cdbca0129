using System.Formats.Tar;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class SlugLayerTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private readonly string root = Directory.CreateTempSubdirectory("minipaas-layer-").FullName;
    private int trees;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => BuildDirectories.RemoveAsync(root, CancellationToken.None);

    [Fact]
    public async Task The_same_tree_gives_the_same_digest_whenever_and_in_whatever_order_it_was_made()
    {
        var first = await TreeAsync("echo a > a; ln a b; mkdir -p d/e; echo x > d/e/f; ln -s ../a d/link; echo z > z");
        var second = await TreeAsync("echo z > z; mkdir -p d/e; ln -s ../a d/link; echo a > a; ln a b; echo x > d/e/f; touch -d 2001-01-01 d z; touch -ah -d 2002-02-02 d/link");
        Assert.Equal(await DigestAsync(first), await DigestAsync(second));
        await InAsync(second, "echo y > d/e/f");
        Assert.NotEqual(await DigestAsync(first), await DigestAsync(second));
    }

    [Fact]
    public async Task A_name_of_any_length_and_any_bytes_is_packed_the_same_way_twice()
    {
        var make = $"mkdir -p {new string('d', 200)}/{new string('e', 200)}; echo 1 > {new string('d', 200)}/{new string('e', 200)}/f; "
            + "printf 1 > \"$(printf 'new\\nline')\"; printf 1 > \"$(printf '\\377\\376')\"; printf 1 > ./-rf; printf 1 > 'a b'";
        var first = await TreeAsync(make);
        Assert.Equal(await DigestAsync(first), await DigestAsync(await TreeAsync(make)));
        var names = (await EntriesAsync(first)).Select(e => e.Name).ToArray();
        Assert.Contains("app/new\nline", names);
        Assert.Contains("app/-rf", names);
        Assert.Contains($"app/{new string('d', 200)}/{new string('e', 200)}/f", names);
        Assert.Equal(8, names.Length);
    }

    [Fact]
    public async Task Every_entry_lies_under_app_with_one_owner_and_time_and_no_special_rights()
    {
        var tree = await TreeAsync("echo a > a; chmod 6755 a; ln a b; ln -s .hidden/x link; ln -s ./app up; mkdir .hidden; chmod 1777 .hidden; echo 1 > .hidden/x; mkfifo pipe; mkdir .git; touch .git/x .wh.x");
        var entries = await EntriesAsync(tree);
        Assert.Equal(["app/", "app/.hidden/", "app/.hidden/x", "app/a", "app/b", "app/link", "app/up"], entries.Select(e => e.Name));
        Assert.All(entries, e => Assert.Equal((21000, 21000, Time), (e.Uid, e.Gid, e.ModificationTime)));
        Assert.All(entries, e => Assert.Equal(UnixFileMode.None, e.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit)));
        Assert.Equal("app/a", entries.Single(e => e.Name == "app/b").LinkName);
        Assert.Equal(".hidden/x", entries.Single(e => e.Name == "app/link").LinkName);
        Assert.Equal("./app", entries.Single(e => e.Name == "app/up").LinkName);
    }

    [Fact]
    public async Task What_was_left_out_is_warned_of()
    {
        var (_, warnings) = await SlugLayer.WriteAsync(
            await TreeAsync("mkfifo pipe; touch .wh.x"), Path.Combine(root, "layer"), Time, 1 << 20, CancellationToken.None);
        Assert.Equal(2, warnings.Count);
    }

    [Fact]
    public async Task A_tree_above_the_limit_gives_no_layer()
    {
        var tree = await TreeAsync("head -c 3000000 /dev/zero > big");
        var (layer, _) = await SlugLayer.WriteAsync(tree, Path.Combine(root, "layer"), Time, 1 << 20, CancellationToken.None);
        Assert.Null(layer);
    }

    [Fact]
    public async Task The_digest_and_the_size_are_those_of_the_file()
    {
        var path = Path.Combine(root, "layer");
        var (layer, _) = await SlugLayer.WriteAsync(await TreeAsync("echo a > a"), path, Time, 1 << 20, CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(path);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), layer!.DiffId);
        Assert.Equal(bytes.Length, layer.Size);
    }

    private async Task<string> TreeAsync(string script)
    {
        var tree = Path.Combine(root, $"tree{++trees}");
        DynoUser.CreateDirectory(tree);
        await InAsync(tree, script);
        return tree;
    }

    private static async Task InAsync(string tree, string script)
    {
        await using var sh = DynoUser.Start(tree, "sh", "-c", "umask 022; " + script);
        await sh.EnsureSuccessAsync(CancellationToken.None);
    }

    private async Task<string> DigestAsync(string tree) =>
        (await SlugLayer.WriteAsync(tree, Path.Combine(root, "layer"), Time, 1 << 20, CancellationToken.None)).Layer!.DiffId;

    private async Task<List<TarEntry>> EntriesAsync(string tree)
    {
        await DigestAsync(tree);
        await using var reader = new TarReader(File.OpenRead(Path.Combine(root, "layer")));
        var entries = new List<TarEntry>();
        while (await reader.GetNextEntryAsync(copyData: true) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }
}
