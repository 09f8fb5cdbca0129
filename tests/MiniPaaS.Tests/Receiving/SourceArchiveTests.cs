using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

public sealed class SourceArchiveTests : IAsyncLifetime
{
    private readonly GitHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_commit_in_quarantine_is_read_before_the_push_is_accepted()
    {
        var work = await host.WorkTreeAsync();
        var head = await host.CommitAsync(work, "größe/b", "größe");
        var (tree, _, commit) = await PushAsync(work);
        Assert.Equal((head, "Change größe/b"), (commit.Sha, commit.Subject));
        Assert.Equal(await host.MustAsync(work, "log", "-1", "--format=%ct"), $"{commit.CommittedAt.ToUnixTimeSeconds()}");
        Assert.Equal("größe", await File.ReadAllTextAsync(Path.Combine(tree, "größe", "b")));
    }

    [Fact]
    public async Task Executables_and_symlinks_arrive_as_they_are_and_belong_to_the_dyno_user()
    {
        var work = await host.WorkTreeAsync();
        File.CreateSymbolicLink(Path.Combine(work, "link"), "/etc/passwd");
        await host.CommitAsync(work, "run", "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(work, "run"), (UnixFileMode)0b111_101_101);
        await host.CommitAsync(work, "other", "");
        var (tree, warnings, _) = await PushAsync(work);
        var listing = await HostProcess.RunAsync(
            ["find", ".", "-mindepth", "1", "-printf", "%P %m %u:%g %l\n"], tree, environment: null, CancellationToken.None);
        string[] expected = ["index.php 644 21000:21000 ", "link 777 21000:21000 /etc/passwd", "other 644 21000:21000 ", "run 755 21000:21000 "];
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(listing).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Attributes_in_the_tree_neither_leave_files_out_nor_rewrite_them()
    {
        var work = await host.WorkTreeAsync();
        await host.CommitAsync(work, ".gitattributes", "[attr]gone export-ignore\n*.txt export-ignore\n*.md gone\n*.subst export-subst\n");
        await host.CommitAsync(work, "sub/.gitattributes", "* export-ignore\n");
        await host.CommitAsync(work, "a.txt", "a");
        await host.CommitAsync(work, "a.md", "a");
        await host.CommitAsync(work, "sub/b", "b");
        await host.CommitAsync(work, "v.subst", "$Format:%H$");
        var (tree, _, _) = await PushAsync(work);
        Assert.True(File.Exists(Path.Combine(tree, "a.txt")));
        Assert.True(File.Exists(Path.Combine(tree, "a.md")));
        Assert.True(File.Exists(Path.Combine(tree, "sub", "b")));
        Assert.Equal("$Format:%H$", await File.ReadAllTextAsync(Path.Combine(tree, "v.subst")));
    }

    [Fact]
    public async Task Ignored_files_are_not_built()
    {
        var work = await host.WorkTreeAsync();
        await host.CommitAsync(work, ".slugignore", "docs\n*.psd\n!index.php\n");
        await host.CommitAsync(work, "docs/deep/a", "a");
        await host.CommitAsync(work, "art/x.psd", "a");
        await host.CommitAsync(work, "art/x.png", "a");
        var (tree, warnings, _) = await PushAsync(work);
        Assert.False(Directory.Exists(Path.Combine(tree, "docs")));
        Assert.False(File.Exists(Path.Combine(tree, "art", "x.psd")));
        Assert.True(File.Exists(Path.Combine(tree, "art", "x.png")));
        Assert.Contains("!index.php", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slugignore_that_is_a_symlink_is_not_followed()
    {
        var work = await host.WorkTreeAsync();
        File.CreateSymbolicLink(Path.Combine(work, ".slugignore"), "/etc/passwd");
        await host.CommitAsync(work, "a", "a");
        var (tree, warnings, _) = await PushAsync(work);
        Assert.True(File.Exists(Path.Combine(tree, "a")));
        Assert.Contains("symlink", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submodule_is_named_in_a_warning()
    {
        var work = await host.WorkTreeAsync();
        await host.MustAsync(work, "update-index", "--add", "--cacheinfo", $"160000,{new string('a', 40)},lib/sub");
        await host.MustAsync(work, "commit", "--quiet", "--message", "With a submodule");
        var (_, warnings, _) = await PushAsync(work);
        Assert.Contains("lib/sub", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData(".git/hooks/evil")]
    [InlineData("link/escaped")]
    public async Task A_tree_made_to_write_elsewhere_is_refused_and_would_stay_inside(string path)
    {
        var outside = Directory.CreateTempSubdirectory("minipaas-outside-").FullName;
        File.SetUnixFileMode(outside, (UnixFileMode)0b111_111_111);
        var work = await host.WorkTreeAsync();
        var commit = await EvilCommitAsync(work, path, outside);
        var (code, output) = await host.GitAsync(work, "push", "--force", "paas", $"{commit}:refs/heads/main");
        Assert.NotEqual(0, code);
        Assert.Contains("fsck", output, StringComparison.Ordinal);

        // Even a repository that holds such a tree cannot write outside of the directory.
        var tree = Path.Combine(host.Root, "tree");
        DynoUser.CreateDirectory(tree);
        await Record.ExceptionAsync(() => new SourceArchive(new ObjectDirectories(Path.Combine(work, ".git"), null), commit).ExtractAsync(tree, GitHost.Deadline));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.False(File.Exists(Path.Combine(host.Root, "escaped")));
        Directory.Delete(outside);
    }

    private async Task<string> EvilCommitAsync(string work, string path, string outside)
    {
        var blob = await host.MustAsync(work, "hash-object", "-w", "index.php");
        var target = await HashAsync(work, "blob", System.Text.Encoding.UTF8.GetBytes(outside));
        // Raw tree objects say what no git client would write.
        var parts = path.Split('/');
        var tree = await HashAsync(work, "tree", Entry("100644", parts[^1], blob));
        foreach (var part in parts[..^1].Reverse())
        {
            var entries = part == "link" ? Entry("120000", part, target).Concat(Entry("40000", part, tree)) : Entry("40000", part, tree);
            tree = await HashAsync(work, "tree", [.. entries]);
        }

        return await host.MustAsync(work, "commit-tree", tree, "-m", "evil");
    }

    private static byte[] Entry(string mode, string name, string sha) =>
        [.. System.Text.Encoding.UTF8.GetBytes($"{mode} {name}\0"), .. Convert.FromHexString(sha)];

    private async Task<string> HashAsync(string work, string type, byte[] content)
    {
        var file = Path.Combine(host.Root, "object");
        await File.WriteAllBytesAsync(file, content);
        return await host.MustAsync(work, "hash-object", "-w", "--literally", "-t", type, file);
    }

    private async Task<(string Tree, IReadOnlyList<string> Warnings, CommitInfo Commit)> PushAsync(string work)
    {
        var tree = Path.Combine(host.Root, "tree-" + Guid.NewGuid().ToString("N"));
        DynoUser.CreateDirectory(tree);
        IReadOnlyList<string> warnings = [];
        CommitInfo? commit = null;
        host.Handler = async (push, _, ct) =>
        {
            Assert.Null(host.Repositories.Head(7));
            var source = new SourceArchive(push.Objects, push.Updates[0].New);
            commit = await source.DescribeAsync(ct);
            warnings = await source.ExtractAsync(tree, ct);
            return true;
        };
        await host.MustAsync(work, "push", "paas", "main");
        return (tree, warnings, commit!);
    }
}
