using System.Net;
using System.Net.Sockets;
using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Draining;

/// <summary>
/// Connects drains. Whoever may add one could make the server talk to machines around it: so only public addresses are connected to,
/// and those that the operator allows (MINIPAAS_PRIVATE_HOSTS).
/// </summary>
internal sealed class DrainSocket(Settings settings)
{
    public static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">It cannot be connected to, or must not.</exception>
    public async Task<NetworkStream> ConnectAsync(string host, int port, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(ConnectTime);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(await AllowedAsync(host, port, patience.Token), port, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                throw new IOException(e is SocketException ? e.Message : $"it did not answer within {ConnectTime.TotalSeconds:0} s", e);
            }

            throw;
        }
    }

    /// <summary>Why an address must not be sent to, as far as can be told now; null when there is no reason.</summary>
    public async Task<string?> RefusalAsync(DrainAddress address, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(ConnectTime);
        try
        {
            await AllowedAsync(address.Url.DnsSafeHost, address.Port, patience.Token);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null; // a name that is not known yet may be tomorrow
        }
    }

    private async Task<IPAddress[]> AllowedAsync(string host, int port, CancellationToken ct)
    {
        var all = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        var allowed = IsAllowed(host, port) ? all : [.. all.Where(PublicNetwork.Contains)];
        return allowed.Length > 0
            ? allowed
            : throw new IOException(
                $"{host} has no address in the public internet, and logs are not sent into the networks around this server. "
                + $"Its administrator can open it: MINIPAAS_PRIVATE_HOSTS={host}:{port}");
    }

    private bool IsAllowed(string host, int port) => settings.Packs.PrivateHosts.Any(allowed =>
        allowed.Equals(host, StringComparison.OrdinalIgnoreCase) || allowed.Equals($"{host}:{port}", StringComparison.OrdinalIgnoreCase));
}
