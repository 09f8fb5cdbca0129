using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace MiniPaaS.Router.Listening;

/// <summary>Where Kestrel takes the connections that turned out to speak one protocol.</summary>
internal sealed class WireEndPoint(WireProtocol protocol) : EndPoint
{
    public WireProtocol Protocol { get; } = protocol;

    public override string ToString() => $"any-port/{Protocol}";
}

/// <summary>Hands connections that others accepted to Kestrel.</summary>
internal sealed class VirtualListener(WireEndPoint endPoint) : IConnectionListener
{
    private readonly Channel<ConnectionContext> connections =
        Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    public EndPoint EndPoint => endPoint;

    /// <summary>False when Kestrel has stopped: the connection stays the caller's.</summary>
    public bool TryHandOver(ConnectionContext connection) => connections.Writer.TryWrite(connection);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        // Read even after the last was written: what is queued was promised.
        while (await connections.Reader.WaitToReadAsync(cancellationToken))
        {
            if (connections.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        connections.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
}
