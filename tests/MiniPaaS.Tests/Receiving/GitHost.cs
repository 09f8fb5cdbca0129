using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

/// <summary>The Receiving folder behind a real web server, with the app <c>myapp</c> (id 7), and a place for git clients.</summary>
public sealed class GitHost : IAsyncLifetime
{
    private readonly Dictionary<string, long> published = new(StringComparer.Ordinal) { ["myapp"] = 7 };
    private WebApplication? app;

    internal string Root { get; } = Directory.CreateTempSubdirectory("minipaas-git-").FullName;

    internal Settings Settings { get; private set; } = null!;

    internal GitRepositories Repositories { get; private set; } = null!;

    internal PushSessions Sessions { get; } = new();

    /// <summary>What a push runs into; each test sets its own.</summary>
    internal PushHandler Handler { get; set; } = (_, _, _) => Task.FromResult(true);

    internal string Url => app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!
        .Addresses.First(a => !a.Contains("unix", StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        // Fetches walk down to their directory as the dyno user.
        File.SetUnixFileMode(Root, (UnixFileMode)0b111_001_001);
        Settings = Settings.FromEnvironment() with { StateDir = Path.Combine(Root, "state"), RunDir = Root };
        Repositories = new GitRepositories(Settings);
        Repositories.InstallHook();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(Settings.ControlSocket);
        });
        builder.Services.AddRoutingCore();
        app = builder.Build();
        app.UseRouting();
        app.MapGit(new GitHttp(
            Settings,
            Repositories,
            Sessions,
            (name, _) => ValueTask.FromResult(published.TryGetValue(name, out var id) ? new PushTarget(id, name) : null),
            NullLogger<GitHttp>.Instance));
        new PushEndpoint(
            Sessions,
            (push, output, ct) => Handler(push, output, ct),
            app.Services.GetRequiredService<IHostApplicationLifetime>(),
            NullLogger<PushEndpoint>.Instance).Map(app);
        await app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await app!.DisposeAsync();
        await BuildDirectories.RemoveAsync(Root, CancellationToken.None);
    }

    /// <summary>Lets fetches reach this server, which is in no public network.</summary>
    internal void AllowFetches() => UsePacks(new() { PrivateHosts = [new Uri(Url).Authority] });

    internal void UsePacks(MiniPaaS.Daemon.Building.Fetching.PackSettings packs) => Settings = Settings with { Packs = packs };

    /// <summary>Serves a repository of these files beside the app's.</summary>
    internal async Task<Published> PublishAsync(string name, params (string Path, string Content)[] files)
    {
        published[name] = 100 + published.Count;
        var work = Path.Combine(Root, "published-" + name);
        Directory.CreateDirectory(work);
        await MustAsync(work, "init", "--quiet");
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(work, path))!);
            await File.WriteAllTextAsync(Path.Combine(work, path), content);
            File.SetUnixFileMode(Path.Combine(work, path), (UnixFileMode)(path.StartsWith("bin/", StringComparison.Ordinal) ? 0b111_101_101 : 0b110_100_100));
        }

        await MustAsync(work, "add", "--all");
        await MustAsync(work, "commit", "--quiet", "--message", "First");
        return await PublishAgainAsync(new Published(name, $"{Url}/{name}.git", work, ""));
    }

    /// <summary>Serves what was committed since.</summary>
    internal async Task<Published> PublishAgainAsync(Published repository)
    {
        await MustAsync(repository.Work, "push", "--quiet", "--force", "--tags", Repositories.Ensure(published[repository.Name]), "HEAD:refs/heads/main");
        Repositories.PointHead(published[repository.Name], "main");
        return repository with { Commit = await MustAsync(repository.Work, "rev-parse", "HEAD") };
    }

    /// <summary>Runs a git client and returns its exit code with everything that it said.</summary>
    internal async Task<(int Code, string Output)> GitAsync(string directory, params string[] arguments)
    {
        await using var git = Client(directory, arguments);
        git.Input.Close();
        using var reader = new StreamReader(git.Output, Encoding.UTF8);
        var output = await reader.ReadToEndAsync(Deadline);
        return (await git.ExitAsync(Deadline), output);
    }

    /// <summary>Starts a git client; its output and its errors come in one stream.</summary>
    internal HostProcess Client(string directory, params string[] arguments) => HostProcess.Start(
        ["sh", "-c", "exec \"$@\" 2>&1", "sh", "git", "-c", "init.defaultBranch=main", .. arguments],
        directory,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = Root,
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_AUTHOR_NAME"] = "Ada",
            ["GIT_AUTHOR_EMAIL"] = "ada@example.org",
            ["GIT_COMMITTER_NAME"] = "Ada",
            ["GIT_COMMITTER_EMAIL"] = "ada@example.org",
        });

    /// <summary>Makes a work tree with one commit and the remote <c>paas</c>.</summary>
    internal async Task<string> WorkTreeAsync()
    {
        var directory = Path.Combine(Root, "work-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(directory);
        await MustAsync(directory, "init", "--quiet");
        await MustAsync(directory, "remote", "add", "paas", Url + "/myapp.git");
        await CommitAsync(directory, "index.php", "<?php phpinfo();\n");
        return directory;
    }

    internal async Task<string> CommitAsync(string directory, string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, path))!);
        await File.WriteAllTextAsync(Path.Combine(directory, path), content);
        await MustAsync(directory, "add", "--all");
        await MustAsync(directory, "commit", "--quiet", "--message", $"Change {path}");
        return await MustAsync(directory, "rev-parse", "HEAD");
    }

    internal async Task<string> MustAsync(string directory, params string[] arguments)
    {
        var (code, output) = await GitAsync(directory, arguments);
        Assert.True(code == 0, $"git {string.Join(' ', arguments)}: {output}");
        return output.Trim();
    }

    internal static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
}

/// <summary>A repository that is served.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">Where it is served.</param>
/// <param name="Work">Its work tree.</param>
/// <param name="Commit">Newest commit of main.</param>
internal sealed record Published(string Name, string Url, string Work, string Commit);
