using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace MiniPaaS.Router.Listening;

/// <summary>A listening socket that visitors reach: opened here, or inherited from whoever keeps the port open across routers.</summary>
internal sealed class PublicSocket : IDisposable
{
    // The first that sd_listen_fds(3) speaks of.
    private const int FirstInherited = 3;
    private const int Backlog = 4096;

    // TCP_DEFER_ACCEPT of tcp(7).
    private const int DeferAccept = 9;
    private const int Seconds = 1;

    private readonly Socket socket;
    private readonly int? inherited;
    private bool closed;

    private PublicSocket(string scheme, Socket socket, int? inherited)
    {
        this.socket = socket;
        this.inherited = inherited;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;

        // Connections inherit it.
        socket.NoDelay = true;

        // A connection comes with its first bytes, or after a second without: to wait for them here would cost a sixth more.
        socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, DeferAccept, BitConverter.GetBytes(Seconds));
        Url = $"{scheme}://{EndPoint}";
    }

    /// <summary>Address and port, the kernel's choice where 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How most visitors of this socket address it; it speaks TLS and plain HTTP all the same.</summary>
    public string Url { get; }

    /// <summary>The sockets that the environment hands over (sd_listen_fds(3)), or else those that the settings name.</summary>
    /// <exception cref="IOException">A port cannot be opened, or an inherited descriptor is no listening socket.</exception>
    public static PublicSocket[] OpenAll(RouterSettings settings, Func<string, string?> variable)
    {
        // LISTEN_PID guards against variables that were meant for an ancestor of this process.
        if (int.TryParse(variable("LISTEN_FDS"), out var count) && count > 0 && variable("LISTEN_PID") == Environment.ProcessId.ToString())
        {
            var names = variable("LISTEN_FDNAMES")?.Split(':') ?? [];

            // systemd orders the sockets of two units as it likes.
            return [.. Enumerable.Range(0, count)
                .Select(index => Inherit(FirstInherited + index, Scheme(names, index)))
                .OrderBy(one => one.Url.StartsWith("https:", StringComparison.Ordinal))];
        }

        var http = Open("http", settings.HttpPort);
        return settings.HttpsPort is { } port ? [http, Open("https", port)] : [http];
    }

    /// <summary>Waits for the next connection.</summary>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    /// <exception cref="SocketException">The connection could not be taken, or this was disposed meanwhile.</exception>
    public ValueTask<Socket> AcceptAsync() => socket.AcceptAsync(CancellationToken.None);

    /// <summary>Takes no more connections. Those that wait in an inherited socket stay there, for the next router.</summary>
    public void Dispose()
    {
        if (closed)
        {
            return;
        }

        closed = true;
        socket.Dispose();
        if (inherited is { } descriptor)
        {
            // Closed as a mere descriptor: a shutdown would reach the socket of all who share it.
            new SafeFileHandle(descriptor, ownsHandle: true).Dispose();
        }
    }

    private static string Scheme(string[] names, int index)
        => names.Length > index && names[index] is "http" or "https" ? names[index] : index == 0 ? "http" : "https";

    private static PublicSocket Inherit(int descriptor, string scheme)
    {
        try
        {
            // Not owned, so that disposing ends our waiting and nothing else.
            var listening = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
            listening.Listen(Backlog);
            return new PublicSocket(scheme, listening, descriptor);
        }
        catch (Exception failure) when (failure is SocketException or InvalidCastException or ArgumentException)
        {
            throw new IOException($"the inherited descriptor {descriptor} is no listening socket: {failure.Message}", failure);
        }
    }

    private static PublicSocket Open(string scheme, int port)
    {
        var any = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        var listening = new Socket(any.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Socket.OSSupportsIPv6)
            {
                listening.DualMode = true;
            }

            listening.Bind(new IPEndPoint(any, port));
            listening.Listen(Backlog);
            return new PublicSocket(scheme, listening, inherited: null);
        }
        catch (SocketException failure)
        {
            listening.Dispose();
            throw new IOException($"port {port}: {failure.Message}", failure);
        }
    }
}
