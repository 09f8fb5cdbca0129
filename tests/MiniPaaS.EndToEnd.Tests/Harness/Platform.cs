using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>
/// An instance of its own: router and daemon as processes, with their own port, network, namespace and directories; nothing
/// of it is left after <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class Platform : IAsyncDisposable
{
    private static readonly SemaphoreSlim Starting = new(1, 1);
    private static int started;

    private readonly Service daemon;
    private readonly Service router;
    private readonly Dictionary<string, string> settings;
    private int troubleSeen;

    private Platform(string @namespace)
    {
        Namespace = @namespace;
        Directory = Leftovers.Directory(@namespace);
        Port = FreePort();
        settings = new Dictionary<string, string>
        {
            ["MINIPAAS_NAMESPACE"] = @namespace,
            ["MINIPAAS_STATE_DIR"] = StateDir,
            ["MINIPAAS_RUN_DIR"] = Path.Combine(Directory, "run"),
            ["MINIPAAS_HTTP_PORT"] = $"{Port}",
            ["MINIPAAS_HTTPS_PORT"] = "off",
            ["MINIPAAS_SUBNET"] = FreeSubnet(),
            ["MINIPAAS_BUILDPACKS"] = Path.Combine(Repository.Root, "buildpacks"),
            ["MINIPAAS_STACKS"] = "bookworm bullseye",

            // Those that wait for an app's next build are counted by nobody but their own test.
            ["MINIPAAS_WARM_BUILDERS"] = "0",
            // Tests look again and again.
            ["MINIPAAS_REQUESTS_PER_HOUR"] = "0",
        };
        daemon = new Service("paasd", DaemonProgram, Directory, settings);
        router = new Service("router", Repository.Program("router", "MiniPaaS.Router", "paas-router"), Directory, settings);
        Engine = new Engine(@namespace);
        Http = NewClient(keepAlive: true);
    }

    public static string DaemonProgram { get; } = Repository.Program("paasd", "MiniPaaS.Daemon", "paasd");

    public static string CliProgram { get; } = Repository.Program("cli", "MiniPaaS.Cli", "paas");

    public string Namespace { get; }

    /// <summary>Holds everything of the instance on disk.</summary>
    public string Directory { get; }

    public string StateDir => Path.Combine(Directory, "state");

    public int Port { get; }

    public string Token { get; private set; } = "";

    public string Server => $"http://paas.localhost:{Port}";

    /// <summary>First address of the instance's network: the host, as dynos see it.</summary>
    public string Gateway => settings["MINIPAAS_SUBNET"].Replace(".0/22", ".1", StringComparison.Ordinal);

    public Engine Engine { get; }

    /// <summary>Reaches every host name through this instance's router.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts an instance; one at a time, since a port and a subnet are free until somebody has them.</summary>
    /// <param name="more">Settings of its own, made when the router's port is known; null for none.</param>
    public static async Task<Platform> StartAsync(Func<int, Task<IReadOnlyDictionary<string, string>>>? more = null)
    {
        await Starting.WaitAsync();
        try
        {
            if (started++ == 0)
            {
                await Leftovers.ReapAsync();
            }

            var platform = new Platform(Leftovers.Namespace((char)('a' + started - 1)));
            foreach (var (name, value) in more is null ? new Dictionary<string, string>() : await more(platform.Port))
            {
                platform.settings[name] = value;
            }

            await platform.BootAsync();
            return platform;
        }
        finally
        {
            Starting.Release();
        }
    }

    /// <summary>A client whose every host name leads to the router's port.</summary>
    /// <param name="keepAlive">False for a new connection for every request.</param>
    public HttpClient NewClient(bool keepAlive)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        client.DefaultRequestHeaders.ConnectionClose = !keepAlive;
        return client;
    }

    /// <summary>Environment of somebody who uses the platform: git and <c>paas</c>, and nothing of this machine's user.</summary>
    public IReadOnlyDictionary<string, string> UserEnvironment(string? token = null) => new Dictionary<string, string>
    {
        ["PAAS_SERVER"] = Server,
        ["PAAS_TOKEN"] = token ?? Token,
        ["XDG_CONFIG_HOME"] = Path.Combine(Directory, "home"),
        ["HOME"] = Path.Combine(Directory, "home"),
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_AUTHOR_NAME"] = "Ada",
        ["GIT_AUTHOR_EMAIL"] = "ada@example.org",
        ["GIT_COMMITTER_NAME"] = "Ada",
        ["GIT_COMMITTER_EMAIL"] = "ada@example.org",
        ["NO_COLOR"] = "1",
        ["no_proxy"] = "*",
    };

    /// <summary>Asks the control plane.</summary>
    /// <param name="method">Verb.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="token">Token to show, or null.</param>
    /// <param name="range">Part of a list to ask for, or null.</param>
    public async Task<HttpResponseMessage> ApiAsync(HttpMethod method, string path, string? token, string? range = null)
    {
        using var request = new HttpRequestMessage(method, $"{Server}{path}");
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await Http.SendAsync(request);
    }

    public async Task KillDaemonAsync() => await daemon.KillAsync();

    public async Task StartDaemonAsync()
    {
        daemon.Start();
        await Eventually.HoldsAsync("paasd answers", async () =>
        {
            await daemon.AssertRunningAsync();
            return await AnswersAsync();
        });
    }

    public async Task KillRouterAsync() => await router.KillAsync();

    public async Task StartRouterAsync()
    {
        router.Start();
        await Eventually.HoldsAsync("the router accepts connections", async () =>
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                await router.AssertRunningAsync();
                return false;
            }
        });
    }

    /// <summary>Fails on the first look after the platform wrote that something went wrong inside it.</summary>
    public void AssertNoTrouble()
    {
        var trouble = daemon.TroubleLines().Concat(router.TroubleLines()).ToArray();
        var unseen = trouble.Skip(Interlocked.Exchange(ref troubleSeen, trouble.Length)).ToArray();
        Assert.True(unseen.Length == 0, $"The platform reports trouble:\n{string.Join('\n', unseen)}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await daemon.DisposeAsync();
        await router.DisposeAsync();
        await Leftovers.RemoveAsync(Namespace);
    }

    private async Task BootAsync()
    {
        try
        {
            foreach (var folder in (string[])["state/router", "run/routers", "home", "apps"])
            {
                System.IO.Directory.CreateDirectory(Path.Combine(Directory, folder));
            }

            await StartRouterAsync();
            await StartDaemonAsync();
            Token = (await Command.RunAsync(DaemonProgram, ["token", "create", "--name", "ada"], environment: settings)).Expect().Output.Trim();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"{Server}/healthz"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    // Below the kernel's range for outgoing connections: a port that a restarted router needs again must not be lent to one meanwhile.
    private static int FreePort()
    {
        for (var tries = 0; ; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException) when (tries < 100)
            {
                // taken: another
            }
        }
    }

    // Bridges have addresses on the host: a /22 without one is free.
    private static string FreeSubnet()
    {
        var taken = System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address.GetAddressBytes())
            .Where(a => a is [10, 215, _, _])
            .Select(a => a[2] / 4)
            .ToHashSet();
        var free = Enumerable.Range(Environment.ProcessId + started, 64).Select(n => n % 64).First(n => !taken.Contains(n));
        return $"10.215.{free * 4}.0/22";
    }
}
