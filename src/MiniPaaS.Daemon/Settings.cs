using System.Collections.Immutable;
using System.Net;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Securing;

namespace MiniPaaS.Daemon;

/// <summary>Everything that tells one instance from another on the same machine; read once from the environment at start.</summary>
internal sealed record Settings
{
    /// <summary>Holds the database, repositories, caches, logs; only root reads it.</summary>
    public required string StateDir { get; init; }

    /// <summary>Holds the sockets; emptied by a reboot.</summary>
    public required string RunDir { get; init; }

    public required int HttpPort { get; init; }

    /// <summary>Apps answer at <c>name.Domain</c>, the control plane at <c>paas.Domain</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>Prefix of everything this instance makes in Docker and in the firewall.</summary>
    public required string Namespace { get; init; }

    /// <summary>Subnet of the dynos' network.</summary>
    public required IPNetwork Subnet { get; init; }

    /// <summary>Folder of the buildpacks, with <c>order</c> and <c>stacks/</c> in it.</summary>
    public required string BuildpacksDir { get; init; }

    public required string DefaultStack { get; init; }

    /// <summary>Names of the installed stacks, the default one among them.</summary>
    public required IReadOnlyList<string> Stacks { get; init; }

    /// <summary>The host's .NET: its SDK is lent to builds, its runtime to dynos of .NET slugs, both read-only.</summary>
    public required string DotnetRoot { get; init; }

    /// <summary>The host's CA certificates, lent to builds and dynos read-only; null when the host has none.</summary>
    public required string? CaBundle { get; init; }

    public required string DockerSocket { get; init; }

    /// <summary>Where automatic certificates come from.</summary>
    public required AcmeSettings Acme { get; init; }

    /// <summary>Number of builds that run at once; more wait for their turn.</summary>
    public int ConcurrentBuilds { get; init; } = Environment.ProcessorCount + 2;

    /// <summary>Bytes on disk that one build may write, its app's cache among them.</summary>
    public long BuildDisk { get; init; } = 10L << 30;

    /// <summary>Number of builders that wait for the next build of their apps; 0 makes a new one for every build.</summary>
    public int WarmBuilders { get; init; } = 2;

    /// <summary>Requests to the API that a token may make an hour, and at once after a pause; 0 for no limit.</summary>
    public int RequestsPerHour { get; init; } = 45_000;

    /// <summary>True when no release of any app goes live without provenance that can be trusted, whatever the app says.</summary>
    public bool RequireProvenance { get; init; }

    /// <summary>Private networks that dynos and builds may reach; none without the operator's word.</summary>
    public ImmutableArray<PrivateNetwork> PrivateNetworks { get; init; } = [];

    /// <summary>Where buildpacks and submodules may come from.</summary>
    public PackSettings Packs { get; init; } = new();

    public string Database => Path.Combine(StateDir, "minipaas.db");

    public string Repositories => Path.Combine(StateDir, "repos");

    /// <summary>Sources that were sent here and wait for a build to be asked for.</summary>
    public string Sources => Path.Combine(StateDir, "sources");

    public string BuildCaches => Path.Combine(StateDir, "cache");

    /// <summary>Fetched buildpacks, by the digest of what is in them.</summary>
    public string FetchedPacks => Path.Combine(StateDir, "packs");

    /// <summary>Where fetches work; git must be able to walk down to it as the dyno user.</summary>
    public string Fetches => Path.Combine(StateDir, "fetch");

    public string Builds => Path.Combine(StateDir, "builds");

    public string BuildLogs => Path.Combine(StateDir, "build-logs");

    public string Logs => Path.Combine(StateDir, "logs");

    public string ControlSocket => Path.Combine(RunDir, "paasd.sock");

    public string RouterSockets => Path.Combine(RunDir, "routers");

    public string ControlHost => $"paas.{Domain}";

    public string ControlUrl => $"http://{ControlHost}{PortSuffix}";

    private string PortSuffix => HttpPort == 80 ? "" : $":{HttpPort}";

    /// <summary>Address visitors use for an app.</summary>
    public string WebUrl(string host) => $"http://{host}{PortSuffix}/";

    /// <summary>Reads the <c>MINIPAAS_*</c> environment variables.</summary>
    /// <exception cref="FormatException">A value cannot be understood; the message names it.</exception>
    public static Settings FromEnvironment()
    {
        var stack = Text("DEFAULT_STACK", "bookworm");
        var bundle = Text("CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt");
        var state = Path.GetFullPath(Text("STATE_DIR", "/var/lib/minipaas"));
        return new Settings
        {
            StateDir = state,
            RunDir = Path.GetFullPath(Text("RUN_DIR", "/run/minipaas")),
            HttpPort = int.TryParse(Text("HTTP_PORT", "80"), out var port) && port is > 0 and < 65536
                ? port
                : throw new FormatException("MINIPAAS_HTTP_PORT is not a port number (1 to 65535)."),
            Domain = Text("DOMAIN", "localhost").ToLowerInvariant(),
            Namespace = Text("NAMESPACE", "minipaas"),
            Subnet = IPNetwork.TryParse(Text("SUBNET", "10.213.0.0/16"), out var subnet) && subnet.PrefixLength is >= 16 and <= 26
                ? subnet
                : throw new FormatException("MINIPAAS_SUBNET is not an IPv4 network with a prefix of 16 to 26 bits, as in 10.213.0.0/16."),
            BuildpacksDir = Path.GetFullPath(Text("BUILDPACKS", "/opt/minipaas/current/buildpacks")),
            DefaultStack = stack,
            Stacks = Text("STACKS", stack).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            DotnetRoot = Text("DOTNET_ROOT", "/usr/share/dotnet"),
            CaBundle = File.Exists(bundle) ? bundle : null,
            DockerSocket = Text("DOCKER_SOCKET", "/var/run/docker.sock"),
            ConcurrentBuilds = int.TryParse(Text("BUILDS", $"{Environment.ProcessorCount + 2}"), out var builds) && builds > 0
                ? builds
                : throw new FormatException("MINIPAAS_BUILDS is not a number of builds, as in 4."),
            BuildDisk = long.TryParse(Text("BUILD_DISK_GB", "10"), out var gigabytes) && gigabytes is > 0 and <= 1 << 20
                ? gigabytes << 30
                : throw new FormatException("MINIPAAS_BUILD_DISK_GB is not a number of gigabytes, as in 10."),
            WarmBuilders = int.TryParse(Text("WARM_BUILDERS", "2"), out var warm) && warm is >= 0 and <= 100
                ? warm
                : throw new FormatException("MINIPAAS_WARM_BUILDERS is not a number of builders (0 to 100)."),
            RequestsPerHour = int.TryParse(Text("REQUESTS_PER_HOUR", "45000"), out var requests) && requests >= 0
                ? requests
                : throw new FormatException("MINIPAAS_REQUESTS_PER_HOUR is not a number of requests, as in 45000; 0 sets no limit."),
            Acme = AcmeSettings.Read(Environment.GetEnvironmentVariable, state),
            RequireProvenance = Text("REQUIRE_PROVENANCE", "off") switch
            {
                "on" => true,
                "off" => false,
                _ => throw new FormatException("MINIPAAS_REQUIRE_PROVENANCE is neither on nor off."),
            },
            PrivateNetworks = PrivateNetwork.ParseAll(Environment.GetEnvironmentVariable("MINIPAAS_PRIVATE_NETWORKS")),
            Packs = PackSettings.Read(Environment.GetEnvironmentVariable),
        };
    }

    private static string Text(string name, string fallback) =>
        Environment.GetEnvironmentVariable($"MINIPAAS_{name}") is { Length: > 0 } value ? value : fallback;
}
