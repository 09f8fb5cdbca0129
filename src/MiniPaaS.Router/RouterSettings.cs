using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace MiniPaaS.Router;

/// <summary>What an operator can choose about a router process, all from MINIPAAS_* environment variables.</summary>
internal sealed record RouterSettings
{
    // sockaddr_un holds 108 bytes including the closing zero.
    private const int LongestSocketPath = 107;

    /// <summary>First public port; 0 lets the kernel choose one.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Second public port, for those who expect TLS on 443, named in redirects; null is none. Either port speaks TLS and
    /// plain HTTP.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>Directory of what outlives the process.</summary>
    public required string StateDir { get; init; }

    /// <summary>Directory of the sockets.</summary>
    public required string RunDir { get; init; }

    /// <summary>Domain below which apps get their host names; <c>paas.</c> of it is the control plane.</summary>
    public required string Domain { get; init; }

    /// <summary>Kernel boot under which container addresses are valid.</summary>
    public required string BootId { get; init; }

    /// <summary>New with every router process; names its admin socket.</summary>
    public string InstanceId { get; init; } = Guid.NewGuid().ToString("N")[..12];

    /// <summary>Proxies in front of this router whose word on the visitor is taken.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Public connections that may be open at once; more are refused.</summary>
    public int MaxConnections { get; init; } = 50_000;

    /// <summary>How long a new connection may take to say what it speaks.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request's headers may take.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be idle between two requests.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a router that was asked to end still serves connections that say nothing; zero ends them at once.</summary>
    public TimeSpan LameDuck { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an upgraded connection (WebSocket) may outlive the flip that drained its dyno, or the wish that the router
    /// ends.</summary>
    public TimeSpan UpgradeGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that an app has to begin its answer once it has the whole request (Heroku's H12).</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence of an exchange under way; any byte either way starts it anew (Heroku's H15 and H28).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(55);

    /// <summary>How long a request waits for a dyno that is booting (Heroku's H20).</summary>
    public TimeSpan BootPatience { get; init; } = TimeSpan.FromSeconds(75);

    public string AdminSocket => Path.Combine(RunDir, "routers", $"{InstanceId}.sock");

    public string ControlSocket => Path.Combine(RunDir, "paasd.sock");

    public string SnapshotPath => Path.Combine(StateDir, "router", "routes.json");

    /// <summary>The certificates that the control plane sent last.</summary>
    public string CertificatesPath => Path.Combine(StateDir, "router", "certificates.json");

    /// <summary>Key and certificate of the local CA's issuer, left there by the control plane.</summary>
    public string IssuerPath => Path.Combine(StateDir, "router", "issuer.pem");

    public bool TrustsAnyone => !TrustedProxies.IsEmpty;

    public static bool TryRead(
        Func<string, string?> variable,
        [NotNullWhen(true)] out RouterSettings? settings,
        [NotNullWhen(false)] out string? problem)
    {
        var read = new SettingsReader(variable);
        var chosen = new RouterSettings
        {
            HttpPort = read.Number("MINIPAAS_HTTP_PORT", 80, 0, 65535),

            // Empty is a choice here, unlike elsewhere: no second port.
            HttpsPort = variable("MINIPAAS_HTTPS_PORT") is "" or "off" ? null : read.Number("MINIPAAS_HTTPS_PORT", 443, 0, 65535),
            MaxConnections = read.Number("MINIPAAS_MAX_CONNECTIONS", 50_000, 1, int.MaxValue),
            TrustedProxies = read.Networks("MINIPAAS_TRUSTED_PROXIES"),
            StateDir = read.Text("MINIPAAS_STATE_DIR", "/var/lib/minipaas"),
            RunDir = read.Text("MINIPAAS_RUN_DIR", "/run/minipaas"),
            Domain = read.Text("MINIPAAS_DOMAIN", "localhost").ToLowerInvariant(),
            BootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
        };
        problem = read.Problem ?? (chosen.AdminSocket.Length > LongestSocketPath
            ? $"MINIPAAS_RUN_DIR is too long for a unix socket ({chosen.AdminSocket}); choose a shorter directory."
            : null);
        settings = problem is null ? chosen : null;
        return problem is null;
    }

    /// <summary>Whether the peer of a connection is one of <see cref="TrustedProxies"/>.</summary>
    public bool Trusts(IPAddress? peer)
    {
        if (peer is null || TrustedProxies.IsEmpty)
        {
            return false;
        }

        var address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        foreach (var network in TrustedProxies)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
