using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace MiniPaaS.Router;

/// <summary>What an operator can choose about a router process, all from MINIPAAS_* environment variables.</summary>
internal sealed record RouterSettings
{
    // sockaddr_un holds 108 bytes including the closing zero.
    private const int LongestSocketPath = 107;

    /// <summary>Public port; 0 lets the kernel choose one.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Public port for HTTPS, named in redirects; null without one.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>Proxies before this one whose X-Forwarded-* headers are believed.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

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

    /// <summary>How long an upgraded connection (WebSocket) may outlive the flip that drained its dyno.</summary>
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

    public bool TrustsAnyone => !TrustedProxies.IsEmpty;

    public bool Trusts(IPAddress peer)
    {
        foreach (var proxies in TrustedProxies)
        {
            if (proxies.Contains(peer))
            {
                return true;
            }
        }

        return false;
    }

    public static bool TryRead(
        Func<string, string?> variable,
        [NotNullWhen(true)] out RouterSettings? settings,
        [NotNullWhen(false)] out string? problem)
    {
        settings = null;
        var portText = Value("MINIPAAS_HTTP_PORT", "80");
        if (!int.TryParse(portText, out var port) || port is < 0 or > 65535)
        {
            problem = $"MINIPAAS_HTTP_PORT is '{portText}'; set it to a port number from 0 to 65535.";
            return false;
        }

        settings = new RouterSettings
        {
            HttpPort = port,
            StateDir = Value("MINIPAAS_STATE_DIR", "/var/lib/minipaas"),
            RunDir = Value("MINIPAAS_RUN_DIR", "/run/minipaas"),
            Domain = Value("MINIPAAS_DOMAIN", "localhost").ToLowerInvariant(),
            BootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
        };
        problem = settings.AdminSocket.Length > LongestSocketPath
            ? $"MINIPAAS_RUN_DIR is too long for a unix socket ({settings.AdminSocket}); choose a shorter directory."
            : null;
        return problem is null;

        string Value(string name, string fallback) => variable(name) is { Length: > 0 } text ? text : fallback;
    }
}
