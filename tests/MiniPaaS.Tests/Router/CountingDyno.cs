using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace MiniPaaS.Tests.Router;

/// <summary>A dyno that knows whether it may still be asked, and counts whoever asks.</summary>
internal sealed class CountingDyno : IAsyncDisposable
{
    private Backend? backend;
    private int served;
    private int inFlight;
    private int late;
    private volatile bool open;

    public string Address => backend!.Address;

    /// <summary>Target id it is routed by now.</summary>
    public string Id { get; private set; } = "";

    public int Served => Volatile.Read(ref served);

    /// <summary>Requests that are not answered to the last byte; upgraded connections do not count.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Requests that came while it was not to be asked.</summary>
    public int Late => Volatile.Read(ref late);

    public static async Task<CountingDyno> StartAsync()
    {
        var dyno = new CountingDyno();
        dyno.backend = await Backend.StartAsync(dyno.ServeAsync);
        return dyno;
    }

    /// <summary>From now on it may be asked, as another container.</summary>
    public void Open(string id) => (Id, open) = (id, true);

    /// <summary>From now on nobody may ask it.</summary>
    public void Close() => open = false;

    public ValueTask DisposeAsync() => backend!.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        Interlocked.Add(ref late, open ? 0 : 1);
        if (context.WebSockets.IsWebSocketRequest)
        {
            await EchoAsync(context);
            return;
        }

        Interlocked.Increment(ref inFlight);
        var length = 0L;
        var buffer = new byte[8192];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            length += read;
        }

        await Task.Delay(Random.Shared.Next(3));
        var text = $"{length} bytes";
        if (context.Request.Path == "/pieces")
        {
            for (var piece = 0; piece < 5; piece++)
            {
                await context.Response.WriteAsync("piece ");
                await context.Response.Body.FlushAsync();
                await Task.Delay(1);
            }
        }

        // The answer's last byte is what ends a request for the router, so this one has to be counted off before.
        Interlocked.Increment(ref served);
        Interlocked.Decrement(ref inFlight);
        await context.Response.WriteAsync(text);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1000];
        try
        {
            while (true)
            {
                var said = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (said.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, said.Count), said.MessageType, said.EndOfMessage, context.RequestAborted);
            }
        }
        catch (Exception failure) when (failure is WebSocketException or OperationCanceledException)
        {
            // The router ended it.
        }
    }
}
