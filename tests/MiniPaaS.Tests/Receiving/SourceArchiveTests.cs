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
    public async Task A_submodule_that_nobody_says_the_address_of_is_named_in_a_warning()
    {
        var work = await host.WorkTreeAsync();
        await AddLinkAsync(work, "lib/sub", new string('a', 40), modules: null);
        var (_, warnings, _) = await PushAsync(work);
        Assert.Contains("lib/sub", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submodule_is_fetched_with_its_own_at_the_commit_that_the_tree_names()
    {
        host.AllowFetches();
        var inner = await host.PublishAsync("inner", ("deep", "deepest"));
        var library = await host.PublishAsync("library", ("code", "old"));
        await AddLinkAsync(library.Work, "vendor/inner", inner.Commit, "[submodule \"inner\"]\n\tpath = vendor/inner\n\turl = ../inner.git\n");
        library = await host.PublishAgainAsync(library);
        var work = await host.WorkTreeAsync();
        await AddLinkAsync(work, "lib/sub", library.Commit, $"[submodule \"x\"]\n\tpath = lib/sub\n\turl = {library.Url}\n");
        await host.CommitAsync(library.Work, "code", "new");
        await host.PublishAgainAsync(library);
        var (tree, warnings, _) = await PushAsync(work);
        Assert.Empty(warnings);
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(tree, "lib", "sub", "code")));
        Assert.Equal("deepest", await File.ReadAllTextAsync(Path.Combine(tree, "lib", "sub", "vendor", "inner", "deep")));
        Assert.False(Directory.Exists(Path.Combine(tree, "lib", "sub", ".git")));
    }

    [Theory]
    [InlineData("../elsewhere.git", "relative address")]
    [InlineData("ext::sh -c touch% /tmp/pwned", "cannot be fetched")]
    [InlineData("file:///etc", "cannot be fetched")]
    [InlineData("/etc", "cannot be fetched")]
    [InlineData("-u./run", "cannot be fetched")]
    [InlineData("http://127.0.0.1:9/x.git", "no address in the public internet")]
    [InlineData("http://localhost:9/x.git", "no address in the public internet")]
    [InlineData("http://[::ffff:10.0.0.1]/x.git", "no address in the public internet")]
    public async Task A_submodule_that_is_not_public_rejects_the_build_and_says_why(string url, string why)
    {
        var work = await host.WorkTreeAsync();
        await AddLinkAsync(work, "lib/sub", new string('a', 40), $"[submodule \"x\"]\n\tpath = lib/sub\n\turl = \"{url}\"\n");
        var rejection = await Assert.ThrowsAsync<BuildRejectedException>(() => ExtractAsync(work));
        Assert.Contains("lib/sub", rejection.Lines[0], StringComparison.Ordinal);
        Assert.Contains(why, rejection.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submodule_may_not_name_a_path_outside_of_the_tree()
    {
        host.AllowFetches();
        var evil = await host.PublishAsync("evil", ("pwned", "x"));
        var work = await host.WorkTreeAsync();
        await AddLinkAsync(work, "lib/sub", evil.Commit, $"[submodule \"x\"]\n\tpath = ../../outside\n\turl = {evil.Url}\n");
        Assert.Contains("lib/sub", Assert.Single(await ExtractAsync(work)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(host.Root, "outside")));
    }

    [Fact]
    public async Task A_shallow_clone_can_be_pushed()
    {
        var origin = await host.WorkTreeAsync();
        await host.CommitAsync(origin, "a", "1");
        var head = await host.CommitAsync(origin, "a", "2");
        var clone = Path.Combine(host.Root, "shallow");
        await host.MustAsync(host.Root, "clone", "--quiet", "--depth", "1", $"file://{origin}", clone);
        await host.MustAsync(clone, "remote", "add", "paas", host.Url + "/myapp.git");
        var (tree, _, commit) = await PushAsync(clone);
        Assert.Equal(head, commit.Sha);
        Assert.Equal("2", await File.ReadAllTextAsync(Path.Combine(tree, "a")));

        // The next push builds on it, and so does a full clone's.
        await host.CommitAsync(clone, "a", "3");
        host.Handler = (_, _, _) => Task.FromResult(true);
        await host.MustAsync(clone, "push", "paas", "main");
        await host.MustAsync(origin, "pull", "--quiet", "--ff-only", "paas", "main");
        await host.CommitAsync(origin, "a", "4");
        await host.MustAsync(origin, "push", "paas", "main");
        Assert.Equal("Change a", host.Repositories.Head(7)!.Subject);
    }

    [Fact]
    public async Task A_commit_without_files_is_an_empty_tree()
    {
        var work = await host.WorkTreeAsync();
        await host.MustAsync(work, "rm", "--quiet", "-r", ".");
        await host.MustAsync(work, "commit", "--quiet", "--message", "Nothing");
        var (tree, warnings, _) = await PushAsync(work);
        Assert.Empty(Directory.GetFileSystemEntries(tree));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Names_that_are_no_utf8_arrive_and_can_be_ignored_with_their_directory()
    {
        var work = await host.WorkTreeAsync();
        await host.CommitAsync(work, ".slugignore", "gone*\n");
        await RunAsync(work, "printf 1 > \"$(printf 'kept\\377')\"; printf 1 > \"$(printf 'gone\\377')\"; mkdir -p gone-too; printf 1 > \"$(printf 'gone-too/\\376')\"");
        await host.CommitAsync(work, "other", "");
        var (tree, _, _) = await PushAsync(work);
        var names = await HostProcess.RunAsync(["find", ".", "-mindepth", "1", "-printf", "%P\n"], tree, environment: null, CancellationToken.None);
        Assert.Equal([".slugignore", "index.php", "kept\u00ff", "other"], System.Text.Encoding.Latin1.GetString(names).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_tree_of_twenty_thousand_files_and_many_links_arrives_whole()
    {
        var work = await host.WorkTreeAsync();
        await RunAsync(work, "for d in $(seq 100); do mkdir d$d; for f in $(seq 200); do echo $f > d$d/f$f; done; ln -s ../d$d d$d/loop; ln -s /etc/passwd d$d/out; ln -s nowhere d$d/dead; done");
        await host.CommitAsync(work, ".slugignore", "d1/\n");
        var (tree, warnings, _) = await PushAsync(work);
        Assert.Empty(warnings);
        var counts = System.Text.Encoding.UTF8.GetString(await HostProcess.RunAsync(
            ["sh", "-c", "find . -type f | wc -l; find . -type l | wc -l; readlink d2/out"], tree, environment: null, CancellationToken.None));
        Assert.Equal(["19802", "297", "/etc/passwd"], counts.Split('\n', StringSplitOptions.RemoveEmptyEntries));
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
        await Record.ExceptionAsync(() => new SourceArchive(new ObjectDirectories(Path.Combine(work, ".git"), null), commit, host.Settings).ExtractAsync(tree, GitHost.Deadline));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.False(File.Exists(Path.Combine(host.Root, "escaped")));
        Directory.Delete(outside);
    }

    private async Task AddLinkAsync(string work, string path, string commit, string? modules)
    {
        if (modules is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(work, ".gitmodules"), modules);
            await host.MustAsync(work, "add", ".gitmodules");
        }

        await host.MustAsync(work, "update-index", "--add", "--cacheinfo", $"160000,{commit},{path}");
        await host.MustAsync(work, "commit", "--quiet", "--message", "With a submodule");
    }

    // Of a repository that took the commit: a push would not get that far with some of them.
    private async Task<IReadOnlyList<string>> ExtractAsync(string work)
    {
        var tree = Path.Combine(host.Root, "tree-" + Guid.NewGuid().ToString("N"));
        DynoUser.CreateDirectory(tree);
        var commit = await host.MustAsync(work, "rev-parse", "HEAD");
        return await new SourceArchive(new ObjectDirectories(Path.Combine(work, ".git"), null), commit, host.Settings).ExtractAsync(tree, GitHost.Deadline);
    }

    private static Task<byte[]> RunAsync(string directory, string script) =>
        HostProcess.RunAsync(["bash", "-c", script], directory, environment: null, CancellationToken.None);

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
            var source = new SourceArchive(push.Objects, push.Updates[0].New, host.Settings);
            commit = await source.DescribeAsync(ct);
            warnings = await source.ExtractAsync(tree, ct);
            return true;
        };
        await host.MustAsync(work, "push", "paas", "main");
        return (tree, warnings, commit!);
    }
}
