using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Cli.Client;

/// <summary>Connects names under <c>.localhost</c> to this machine without asking DNS, which often does not know them.</summary>
internal static class LocalConnector
{
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var target = context.DnsEndPoint;
        if (!ServerAddress.IsLoopbackName(target.Host))
        {
            return await OpenAsync(target, cancellation);
        }
        try
        {
            return await OpenAsync(new IPEndPoint(IPAddress.Loopback, target.Port), cancellation);
        }
        catch (SocketException) when (Socket.OSSupportsIPv6)
        {
            return await OpenAsync(new IPEndPoint(IPAddress.IPv6Loopback, target.Port), cancellation);
        }
    }

    private static async Task<Stream> OpenAsync(EndPoint endPoint, CancellationToken cancellation)
    {
        var socket = endPoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(endPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
