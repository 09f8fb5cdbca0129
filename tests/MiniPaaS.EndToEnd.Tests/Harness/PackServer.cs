using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>Serves buildpacks and libraries as git repositories and archives, as a plain web server does.</summary>
internal sealed class PackServer : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> Ada = new Dictionary<string, string>
    {
        ["GIT_AUTHOR_NAME"] = "Ada",
        ["GIT_AUTHOR_EMAIL"] = "ada@example.org",
        ["GIT_COMMITTER_NAME"] = "Ada",
        ["GIT_COMMITTER_EMAIL"] = "ada@example.org",
    };

    private readonly HttpListener listener = new();
    private readonly string root = Directory.CreateTempSubdirectory("minipaas-pack-server-").FullName;

    public PackServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Authority = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        listener.Prefixes.Add($"http://{Authority}/");
        listener.Start();
        _ = ServeAsync();
    }

    /// <summary>Host and port.</summary>
    public string Authority { get; }

    public string Url => $"http://{Authority}";

    /// <summary>Serves a folder of the fixtures at <c>/name.git</c>, with the tag v1, and at <c>/name.tgz</c>.</summary>
    public async Task AddAsync(string name, string fixture)
    {
        var work = Path.Combine(root, "work", name);
        Directory.CreateDirectory(work);
        await RunAsync("cp", ["-a", $"{Repository.App(fixture)}/.", work], root);
        await RunAsync("git", ["init", "--quiet", "--initial-branch=main"], work);
        await CommitAsync(name);
        await RunAsync("git", ["tag", "v1"], work);
        await PublishAsync(name);
        await RunAsync("tar", ["--create", "--gzip", "--exclude=.git", $"--file={Path.Combine(root, name + ".tgz")}", "."], work);
    }

    /// <summary>Changes a file of a repository.</summary>
    public async Task ChangeAsync(string name, string file, string content)
    {
        await File.WriteAllTextAsync(Path.Combine(root, "work", name, file), content);
        await CommitAsync(name);
        await PublishAsync(name);
    }

    /// <summary>Newest commit of a repository.</summary>
    public async Task<string> CommitOfAsync(string name) =>
        (await Command.RunAsync("git", ["rev-parse", "HEAD"], Path.Combine(root, "work", name))).Expect().Output.Trim();

    public void Dispose()
    {
        listener.Close();
        Directory.Delete(root, recursive: true);
    }

    private async Task CommitAsync(string name)
    {
        await RunAsync("git", ["add", "--all"], Path.Combine(root, "work", name));
        await RunAsync("git", ["commit", "--quiet", "--message", "Change"], Path.Combine(root, "work", name));
    }

    // As files: what a plain web server has of git is what `git update-server-info` writes.
    private async Task PublishAsync(string name)
    {
        var bare = Path.Combine(root, $"{name}.git");
        await RunAsync("git", ["clone", "--quiet", "--bare", Path.Combine(root, "work", name), bare + ".next"], root);
        await RunAsync("git", ["update-server-info"], bare + ".next");
        if (Directory.Exists(bare))
        {
            Directory.Delete(bare, recursive: true);
        }

        Directory.Move(bare + ".next", bare);
    }

    private static async Task RunAsync(string program, string[] arguments, string directory) =>
        (await Command.RunAsync(program, arguments, directory, Ada)).Expect();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                var file = Path.Combine(root, context.Request.Url!.AbsolutePath.TrimStart('/'));
                if (File.Exists(file))
                {
                    await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(file));
                }
                else
                {
                    context.Response.StatusCode = 404;
                }

                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The client has gone, or the server is being closed.
            }
        }
    }
}
