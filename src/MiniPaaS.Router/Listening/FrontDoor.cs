using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Listening;

/// <summary>The public ports: takes connections, hears from their first bytes what they speak and hands them to Kestrel.</summary>
/// <remarks>To Kestrel this is a transport with one endpoint per <see cref="WireProtocol"/>; which port a connection came through
/// does not matter. Closing it leaves the connections that were taken alone, which is what a lame duck needs.</remarks>
internal sealed class FrontDoor(
    RouterSettings settings, RouterMeters meters, TimeProvider time, ILoggerFactory logs, ILogger<FrontDoor> log)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly SocketConnectionContextFactory connections =
        new(new SocketConnectionFactoryOptions { WaitForDataBeforeAllocatingBuffer = true }, logs.CreateLogger("MiniPaaS.Router.Connections"));

    private readonly VirtualListener[] inside =
        [.. Enum.GetValues<WireProtocol>().Select(protocol => new VirtualListener(new WireEndPoint(protocol)))];

    private ImmutableArray<PublicSocket> sockets = [];
    private int most;
    private volatile bool closed;

    /// <summary>Addresses of the public ports, the HTTP port first; empty before the start.</summary>
    public ImmutableArray<IPEndPoint> EndPoints => [.. sockets.Select(socket => socket.EndPoint)];

    public IEnumerable<string> Urls => sockets.Select(socket => socket.Url);

    bool IConnectionListenerFactorySelector.CanBind(EndPoint endpoint) => endpoint is WireEndPoint;

    ValueTask<IConnectionListener> IConnectionListenerFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken)
        => ValueTask.FromResult<IConnectionListener>(Inside(((WireEndPoint)endpoint).Protocol));

    /// <summary>Opens the ports, before anything else starts: a port that is taken is the commonest reason not to.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var files = FileLimit.Files();
        most = FileLimit.Connections(settings.MaxConnections, files);
        if (most < settings.MaxConnections)
        {
            log.FewerConnections(most, settings.MaxConnections, files);
        }

        sockets = [.. PublicSocket.OpenAll(settings, Environment.GetEnvironmentVariable)];
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes connections, now that Kestrel and everything behind it can serve them.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var socket in sockets)
        {
            _ = AcceptAsync(socket);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no more connections; those that are open stay.</summary>
    public void Close()
    {
        closed = true;
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        Close();
        connections.Dispose();
    }

    private VirtualListener Inside(WireProtocol protocol) => inside[(int)protocol];

    // Ends only when the socket was closed: whatever else goes wrong, the next visitor may have more luck.
    private async Task AcceptAsync(PublicSocket socket)
    {
        var failing = false;
        while (!closed)
        {
            try
            {
                Receive(await socket.AcceptAsync());
                failing = false;
            }
            catch (Exception) when (closed)
            {
                return;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The visitor was gone before it was let in.
            }
            catch (Exception failure)
            {
                if (!failing)
                {
                    log.CannotAccept(socket.Url, failure.Message);
                }

                // Out of descriptors, say: the kernel keeps visitors waiting until some are free.
                failing = true;
                await Task.Delay(PauseAfterFailure, time, CancellationToken.None);
            }
        }
    }

    private void Receive(Socket socket)
    {
        if (meters.ConnectionOpened() > most)
        {
            Refuse(socket);
            return;
        }

        try
        {
            _ = GreetAsync(new Visit(connections.Create(socket), meters.ConnectionClosed));
        }
        catch
        {
            socket.Dispose();
            meters.ConnectionClosed();
            throw;
        }
    }

    // With a reset: cheap for both sides, and no bytes of ours could be right in a protocol that is not known yet.
    private void Refuse(Socket socket)
    {
        meters.ConnectionClosed();
        var count = meters.ConnectionRefused();
        if (count % 10_000 == 1)
        {
            log.TooManyConnections(most, count);
        }

        socket.Close(timeout: 0);
    }

    private async Task GreetAsync(Visit visit)
    {
        try
        {
            if (await HearAsync(visit) is { } protocol && Inside(protocol).TryHandOver(visit))
            {
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or ConnectionAbortedException)
        {
            // The visitor is gone, or said nothing in time.
        }

        await visit.DisposeAsync();
    }

    // Null when the visitor left, or did not begin to speak in time. What was heard is left for whoever serves the connection.
    private async ValueTask<WireProtocol?> HearAsync(Visit visit)
    {
        var input = visit.Transport.Input;
        if (input.TryRead(out var heard) && Take(input, heard) is { } known)
        {
            return known;
        }

        await using var deadline = time.CreateTimer(
            static pending => ((PipeReader)pending!).CancelPendingRead(), input, settings.GreetingTimeout, Timeout.InfiniteTimeSpan);
        while (true)
        {
            heard = await input.ReadAsync(CancellationToken.None);
            var protocol = Take(input, heard);
            if (protocol is not null || heard.IsCanceled || heard.IsCompleted)
            {
                return protocol;
            }
        }
    }

    private static WireProtocol? Take(PipeReader input, ReadResult heard)
    {
        var protocol = FirstBytes.Protocol(heard.Buffer);
        input.AdvanceTo(heard.Buffer.Start, protocol is null ? heard.Buffer.End : heard.Buffer.Start);
        return protocol;
    }
}
