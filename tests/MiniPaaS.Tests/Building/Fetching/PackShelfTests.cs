using System.Net;
using System.Net.Sockets;
using System.Text;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Tests.Receiving;

namespace MiniPaaS.Tests.Building.Fetching;

/// <summary>Packs are fetched from a real git server and a real web server on this machine.</summary>
public sealed class PackShelfTests : IAsyncLifetime
{
    private readonly GitHost host = new();
    private readonly List<string> lines = [];
    private Published pack = null!;
    private BuildLog log = null!;

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.AllowFetches();
        pack = await host.PublishAsync("pack", ("bin/detect", "#!/bin/sh\necho Pack\n"), ("version", "1"));
        log = BuildLog.Open(host.Settings, 1, SecretMask.None, line =>
        {
            lines.Add(line);
            return ValueTask.CompletedTask;
        });
    }

    public async Task DisposeAsync()
    {
        await log.DisposeAsync();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_branch_is_looked_up_each_time_and_fetched_once_per_commit()
    {
        var first = await PrepareAsync(pack.Url);
        Assert.Equal((pack.Url, pack.Commit, "1"), (first.Pack.Url, first.Pack.Commit, first.Read("version")));
        Assert.Matches("^sha256:[0-9a-f]{64}$", first.Pack.Digest);
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(first.PathOf("bin/detect")));
        Assert.Contains("Fetching buildpack", Assert.Single(lines), StringComparison.Ordinal);

        var again = await PrepareAsync(pack.Url);
        Assert.Equal(first.Pack.Digest, again.Pack.Digest);
        Assert.Single(lines);

        await host.CommitAsync(pack.Work, "version", "2");
        var next = await host.PublishAgainAsync(pack);
        var newer = await PrepareAsync(pack.Url);
        Assert.Equal((next.Commit, "2"), (newer.Pack.Commit, newer.Read("version")));
        Assert.NotEqual(first.Pack.Digest, newer.Pack.Digest);
    }

    [Fact]
    public async Task A_tag_a_commit_and_a_short_commit_stay_where_they_are()
    {
        await host.MustAsync(pack.Work, "tag", "--annotate", "v1", "--message", "One");
        await host.CommitAsync(pack.Work, "version", "2");
        await host.PublishAgainAsync(pack);
        foreach (var name in (string[])["v1", pack.Commit, pack.Commit[..10]])
        {
            var fetched = await PrepareAsync($"{pack.Url}#{name}");
            Assert.Equal((pack.Commit, "1"), (fetched.Pack.Commit, fetched.Read("version")));
        }

        var problem = await Assert.ThrowsAsync<FetchException>(() => PrepareAsync($"{pack.Url}#nowhere"));
        Assert.Contains("no branch, tag or commit \"nowhere\"", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_was_fetched_needs_no_network_any_more()
    {
        var first = await PrepareAsync($"{pack.Url}#{pack.Commit}");
        Directory.Delete(host.Repositories.PathOf(101), recursive: true);
        Assert.Equal(first.Pack.Digest, (await PrepareAsync($"{pack.Url}#{pack.Commit}")).Pack.Digest);
    }

    [Fact]
    public async Task What_was_changed_on_the_disk_is_noticed_and_fetched_again()
    {
        var first = await PrepareAsync(pack.Url);
        var kept = Directory.GetDirectories(Path.Combine(host.Settings.FetchedPacks, "trees")).Single();
        await File.WriteAllTextAsync(Path.Combine(kept, "bin", "detect"), "#!/bin/sh\necho planted\n");
        var again = await PrepareAsync(pack.Url);
        Assert.Equal(first.Pack.Digest, again.Pack.Digest);
        Assert.Contains("echo Pack", again.Read("bin/detect"), StringComparison.Ordinal);
        Assert.Equal(2, lines.Count);
    }

    [Fact]
    public async Task Attributes_leave_nothing_out_and_submodules_come_with_it()
    {
        var library = await host.PublishAsync("library", ("code", "x"));
        await File.WriteAllTextAsync(Path.Combine(pack.Work, ".gitmodules"), "[submodule \"l\"]\n\tpath = vendor/library\n\turl = ../library.git\n");
        await File.WriteAllTextAsync(Path.Combine(pack.Work, ".gitattributes"), "version export-ignore\n");
        await host.MustAsync(pack.Work, "add", ".gitmodules", ".gitattributes");
        await host.MustAsync(pack.Work, "update-index", "--add", "--cacheinfo", $"160000,{library.Commit},vendor/library");
        await host.MustAsync(pack.Work, "commit", "--quiet", "--message", "With a submodule");
        await host.PublishAgainAsync(pack);
        var fetched = await PrepareAsync(pack.Url);
        Assert.Equal(("1", "x"), (fetched.Read("version"), fetched.Read("vendor/library/code")));
    }

    [Theory]
    [InlineData("gzip", ".tgz")]
    [InlineData("bzip2", ".tbz")]
    [InlineData("cat", ".tar")]
    public async Task An_archive_is_unpacked_whatever_it_was_packed_with(string program, string ending)
    {
        using var server = new FileServer();
        var body = await HostProcess.RunAsync(["bash", "-c", $"tar --create . --exclude=.git | {program}"], pack.Work, environment: null, CancellationToken.None);
        server.Files[$"/pack{ending}"] = body;
        Allow(server);
        var fetched = await PrepareAsync($"{server.Url}/pack{ending}?x=1");
        Assert.Equal(("1", (string?)null), (fetched.Read("version"), fetched.Pack.Commit));
        Assert.Equal(fetched.Pack.Digest, (await PrepareAsync($"{server.Url}/pack{ending}")).Pack.Digest);
    }

    [Theory]
    [InlineData("cd evil; tar --create --absolute-names ../planted", "is not a tar archive that can be unpacked")]
    [InlineData("tar --create --absolute-names --transform='s,.*,/tmp/minipaas-planted,' planted", null)]
    [InlineData("mkdir in; ln -s /tmp in/out; tar --create --transform='s,^planted,in/out/minipaas-planted,' in/out planted", null)]
    [InlineData("echo no archive at all", "is not a tar archive that can be unpacked")]
    [InlineData("head -c 100000 /dev/urandom", "is not a tar archive that can be unpacked")]
    [InlineData("tar --create planted | gzip | head -c 60", "is not a tar archive that can be unpacked")]
    [InlineData("true", "it is empty")]
    public async Task An_archive_made_to_do_harm_does_none(string make, string? problem)
    {
        using var server = new FileServer();
        var evil = Directory.CreateDirectory(Path.Combine(host.Root, "evil")).FullName;
        await File.WriteAllTextAsync(Path.Combine(host.Root, "planted"), "x");
        server.Files["/pack.tgz"] = await HostProcess.RunAsync(["bash", "-c", make], host.Root, environment: null, CancellationToken.None);
        Allow(server);
        var said = await Record.ExceptionAsync(() => PrepareAsync($"{server.Url}/pack.tgz"));
        if (problem is not null)
        {
            Assert.Contains(problem, Assert.IsType<FetchException>(said).Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(evil));
        Assert.False(File.Exists("/tmp/minipaas-planted"));
        NothingIsLeft();
    }

    [Fact]
    public async Task What_is_larger_than_it_may_be_is_given_up_even_when_it_unpacks_to_that()
    {
        using var server = new FileServer();
        server.Files["/bomb.tgz"] = await HostProcess.RunAsync(
            ["bash", "-c", "head -c 50000000 /dev/zero > zero; tar --create zero | gzip; rm zero"], host.Root, environment: null, CancellationToken.None);
        server.Files["/large.tar"] = new byte[3_000_000];
        Allow(server, size: 2 << 20);
        foreach (var file in (string[])["bomb.tgz", "large.tar"])
        {
            var problem = await Assert.ThrowsAsync<FetchException>(() => PrepareAsync($"{server.Url}/{file}"));
            Assert.Contains("more than 2.0M", problem.Message, StringComparison.Ordinal);
        }

        NothingIsLeft();
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_given_up_and_named()
    {
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        Use(new() { PrivateHosts = [$"{deaf.LocalEndpoint}"], Time = TimeSpan.FromSeconds(2) });
        var problem = await Assert.ThrowsAsync<FetchException>(() => PrepareAsync($"http://{deaf.LocalEndpoint}/pack.git"));
        Assert.Contains("127.0.0.1 did not deliver it within 2 seconds", problem.Message, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/pack.git", "127.0.0.1 has no address in the public internet")]
    [InlineData("http://localhost:1/pack.tgz", "localhost has no address in the public internet")]
    [InlineData("http://10.1.2.3/pack.git", "10.1.2.3 has no address in the public internet")]
    [InlineData("http://169.254.169.254/latest/pack.tgz", "169.254.169.254 has no address in the public internet")]
    [InlineData("http://[::1]/pack.tgz", "::1 has no address in the public internet")]
    [InlineData("http://0x7f000001/pack.tgz", "has no address in the public internet")]
    [InlineData("https://no-such-host.invalid/pack.git", "no-such-host.invalid")]
    public async Task Nothing_is_fetched_from_this_machine_or_the_networks_around_it(string url, string why)
    {
        Use(new());
        var problem = await Assert.ThrowsAsync<FetchException>(() => PrepareAsync(url));
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_leads_nowhere_that_an_address_could_not()
    {
        using var server = new FileServer();
        using var inner = new FileServer();
        inner.Files["/secret.tgz"] = [1, 2, 3];
        server.Redirects["/pack.tgz"] = $"{inner.Url}/secret.tgz";
        server.Redirects["/file.tgz"] = "file:///etc/passwd";
        Allow(server);
        Assert.Contains(
            "no address in the public internet",
            (await Assert.ThrowsAsync<FetchException>(() => PrepareAsync($"{server.Url}/pack.tgz"))).Message,
            StringComparison.Ordinal);
        Assert.Empty(inner.Seen);
        await Assert.ThrowsAsync<FetchException>(() => PrepareAsync($"{server.Url}/file.tgz"));
    }

    [Fact]
    public async Task A_directory_of_the_operators_is_copied_and_its_links_are_not_followed()
    {
        var packs = Directory.CreateTempSubdirectory("minipaas-operator-").FullName;
        try
        {
            File.SetUnixFileMode(packs, (UnixFileMode)0b111_101_101);
            Directory.CreateDirectory(Path.Combine(packs, "mine"));
            await File.WriteAllTextAsync(Path.Combine(packs, "mine", "version"), "1");
            File.CreateSymbolicLink(Path.Combine(packs, "mine", "link"), "/etc/shadow");
            Use(new() { Directories = [packs] });
            var fetched = await PrepareAsync(Path.Combine(packs, "mine"));
            Assert.Equal(("1", "/etc/shadow"), (fetched.Read("version"), new FileInfo(fetched.PathOf("link")).LinkTarget));
            Assert.Contains("no such directory", (await Assert.ThrowsAsync<FetchException>(() => PrepareAsync(packs + "/other"))).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(packs, recursive: true);
        }
    }

    private async Task<(PreparedPack Pack, Func<string, string> Read, Func<string, string> PathOf)> PrepareAsync(string text)
    {
        Assert.True(new PackReferences(host.Settings).TryParse(text, out var reference, out var error), error);
        var packs = Path.Combine(host.Root, "packs-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(packs);
        var prepared = await new PackShelf(host.Settings, TimeProvider.System).PrepareAsync(reference, packs, log, GitHost.Deadline);
        return (prepared, name => File.ReadAllText(PathOf(name)), PathOf);

        string PathOf(string name) => Path.Combine(packs, prepared.Folder, name);
    }

    private void Use(PackSettings settings) => host.UsePacks(settings);

    private void Allow(FileServer server, long size = 100 << 20) => Use(new() { PrivateHosts = [new Uri(server.Url).Authority], Size = size });

    private void NothingIsLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(host.Settings.Fetches));
        Assert.Equal(["index", "trees"], Directory.GetFileSystemEntries(host.Settings.FetchedPacks).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
