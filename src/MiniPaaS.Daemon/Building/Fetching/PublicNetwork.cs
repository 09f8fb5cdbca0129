using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Tells addresses of the public internet from those that lead to this machine or into networks around it (RFC 6890).</summary>
internal static class PublicNetwork
{
    private static readonly IPNetwork[] Others =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    // Of IPv6 only what is routed in public, and not what wraps an IPv4 address (6to4, Teredo).
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] Wrapping = [IPNetwork.Parse("2002::/16"), IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32")];

    public static bool Contains(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !Others.Any(network => network.Contains(plain))
            : Global.Contains(plain) && !Wrapping.Any(network => network.Contains(plain));
    }
}
