using System.Text;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

public sealed class TreeBombTests : IAsyncLifetime
{
    private readonly GitHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_tree_of_ten_billion_files_is_refused_before_it_is_listed()
    {
        var work = await host.WorkTreeAsync();
        var blob = await host.MustAsync(work, "rev-parse", "HEAD:index.php");
        var (kind, mode) = ("blob", "100644");
        for (var level = 0; level < 10; level++)
        {
            var names = string.Concat(Enumerable.Range(0, 10).Select(n => $"{mode} {kind} {blob}\tfile{n}\n"));
            await using var git = HostProcess.Start(["git", "mktree"], work, environment: null);
            await git.Input.WriteAsync(Encoding.UTF8.GetBytes(names));
            git.Input.Close();
            blob = Encoding.UTF8.GetString((await git.ReadAsync(100, CancellationToken.None))!).Trim();
            (kind, mode) = ("tree", "040000");
        }

        var bomb = await host.MustAsync(work, "commit-tree", "-m", "Small", blob);
        var objects = new ObjectDirectories(Path.Combine(work, ".git"), Quarantine: null);
        var refused = await Assert.ThrowsAsync<BuildRejectedException>(() => SourceDigest.OfAsync(objects, bomb, CancellationToken.None));
        Assert.Contains("too many files", refused.Message, StringComparison.Ordinal);
    }
}
