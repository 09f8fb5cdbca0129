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
            (name, _) => ValueTask.FromResult(name == "myapp" ? new PushTarget(7, name) : null),
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
        Directory.Delete(Root, recursive: true);
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
