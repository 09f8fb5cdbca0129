using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>
/// The only way out of one fetch: a SOCKS5 proxy (RFC 1928) that resolves names itself and connects to exactly the address that it has
/// checked. Redirects, submodules and names that change their mind all pass here, so no address that a user writes leads into the
/// networks around this machine.
/// </summary>
internal sealed class FetchProxy : IAsyncDisposable
{
    private const byte Version = 5;
    private const byte Refused = 2;
    private const byte Unreachable = 4;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly PackSettings settings;
    private readonly Task serving;
    private long carried;

    public FetchProxy(PackSettings settings)
    {
        this.settings = settings;
        listener.Start();
        serving = ServeAsync();
    }

    /// <summary>As curl, and git with it, reads it from <c>ALL_PROXY</c>.</summary>
    public string Address => $"socks5h://{listener.LocalEndpoint}";

    /// <summary>Why a host was not reached, in one sentence; null while all were.</summary>
    public string? Failure { get; private set; }

    public async ValueTask DisposeAsync()
    {
        // In this order: a listener that was stopped refuses to be asked for the next connection.
        await ended.CancelAsync();
        await serving;
        listener.Stop();
        ended.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(ended.Token);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(CarryAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using var near = new NetworkStream(client, ownsSocket: true);
        try
        {
            var (host, port) = await GreetAsync(near);
            var (server, reply) = await ConnectAsync(host, port);
            using (server)
            {
                await near.WriteAsync(new byte[] { Version, reply, 0, 1, 0, 0, 0, 0, 0, 0 }, ended.Token);
                if (server is not null)
                {
                    using var far = new NetworkStream(server);
                    await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or InvalidDataException)
        {
            // Either side has gone: the program says what that means to it.
        }
    }

    private async Task<(string Host, int Port)> GreetAsync(NetworkStream near)
    {
        var head = new byte[262];
        await near.ReadExactlyAsync(head.AsMemory(0, 2), ended.Token);
        await near.ReadExactlyAsync(head.AsMemory(2, head[1]), ended.Token);
        await near.WriteAsync(new byte[] { Version, 0 }, ended.Token);
        await near.ReadExactlyAsync(head.AsMemory(0, 5), ended.Token);
        var length = head[3] switch { 1 => 4, 3 => head[4], 4 => 16, _ => throw new InvalidDataException("Not an address.") };

        // Of a name the byte before it was its length; of a number it was the number's first byte.
        var rest = head[3] == 3 ? length : length - 1;
        await near.ReadExactlyAsync(head.AsMemory(5, rest + 2), ended.Token);
        var host = head[3] == 3 ? Encoding.ASCII.GetString(head, 5, length) : new IPAddress(head.AsSpan(4, length)).ToString();
        return (host, BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(5 + rest)));
    }

    private async Task<(Socket? Server, byte Reply)> ConnectAsync(string host, int port)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        patience.CancelAfter(settings.ConnectTime);
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var all = await Dns.GetHostAddressesAsync(host, patience.Token);
            var allowed = IsPrivateHost(host, port) ? all : [.. all.Where(PublicNetwork.Contains)];
            if (allowed.Length == 0)
            {
                Failure = $"{host} has no address in the public internet, and the networks around this server are closed to fetches. "
                    + $"Its administrator can open it: MINIPAAS_PRIVATE_HOSTS={host}";
                server.Dispose();
                return (null, Refused);
            }

            await server.ConnectAsync(allowed, port, patience.Token);
            return (server, 0);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Failure = e is OperationCanceledException ? $"{host} did not answer on port {port} within {settings.ConnectTime.TotalSeconds:0} seconds."
                : e is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }
                    ? $"the name {host} is not known (DNS)."
                    : $"{host} could not be reached on port {port}: {e.Message}.";
            server.Dispose();
            return (null, Unreachable);
        }
    }

    private bool IsPrivateHost(string host, int port) =>
        settings.PrivateHosts.Any(allowed =>
            allowed.Equals(host, StringComparison.OrdinalIgnoreCase) || allowed.Equals($"{host}:{port}", StringComparison.OrdinalIgnoreCase));

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer, ended.Token)) > 0;)
        {
            if (Interlocked.Add(ref carried, read) > settings.Size)
            {
                Failure = $"it has more than {ByteSize.Format(settings.Size)}, which is the most that is fetched.";
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), ended.Token);
        }
    }
}
