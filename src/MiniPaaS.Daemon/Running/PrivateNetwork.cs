using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// A private network that dynos and builds may reach all the same, because the operator says so: where a company has its package
/// sources and databases.
/// </summary>
/// <param name="Network">IPv4 network; of one address, a prefix of 32 bits.</param>
/// <param name="Port">TCP port; null for everything.</param>
internal sealed record PrivateNetwork(IPNetwork Network, int? Port)
{
    /// <summary>
    /// True for one port of one address: only that opens a service of this machine. A wide network has the machine itself in it more
    /// often than not, and nobody means its SSH server.
    /// </summary>
    public bool IsService => Network.PrefixLength == 32 && Port is not null;

    /// <summary>What a packet to it looks like, in iptables' words.</summary>
    public string Match => Port is { } port ? $"-d {Network} -p tcp --dport {port}" : $"-d {Network}";

    /// <summary>Reads the value of <c>MINIPAAS_PRIVATE_NETWORKS</c>: words such as 192.168.7.0/24, 10.0.0.7 or 10.0.0.7:3128.</summary>
    /// <exception cref="FormatException">A word cannot be understood; the message has it.</exception>
    public static ImmutableArray<PrivateNetwork> ParseAll(string? text) =>
        [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static PrivateNetwork Parse(string word)
    {
        var parts = word.Split(':');
        var network = parts[0].Contains('/', StringComparison.Ordinal) ? parts[0] : $"{parts[0]}/32";
        int? port = null;
        if (parts.Length > 1)
        {
            port = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        }

        return parts.Length <= 2 && port is null or (> 0 and < 65536)
            && IPNetwork.TryParse(network, out var parsed) && parsed.BaseAddress.AddressFamily == AddressFamily.InterNetwork
                ? new PrivateNetwork(parsed, port)
                : throw new FormatException(
                    $"MINIPAAS_PRIVATE_NETWORKS names \"{word}\", which is no IPv4 network or address, as in 192.168.7.0/24, 10.0.0.7 or 10.0.0.7:3128.");
    }
}
