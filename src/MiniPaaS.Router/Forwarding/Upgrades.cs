using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Router.Forwarding;

/// <summary>
/// Watches over the WebSocket connections of the router: each is ended with a close frame when its dyno or the router goes,
/// and broken off when that does not help.
/// </summary>
internal sealed class Upgrades : IDisposable
{
    private const int GoingAway = 1001;
    private const int ServiceRestart = 1012;

    // For the peers to answer the close frame and hang up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource stopping = new();

    /// <summary>Ends all of them: the router stops.</summary>
    public Task EndAsync() => stopping.CancelAsync();

    /// <summary>Stands between the forwarder and the server where the request asks for a WebSocket.</summary>
    public void Watch(Exchange exchange)
    {
        var features = exchange.Context.Features;
        if (features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            // Any other upgrade is ignored, as a server may (RFC 9110, 7.8): nobody would know how to end it. And of another method the
            // forwarder makes GET.
            var request = exchange.Context.Request;
            features.Set<IHttpUpgradeFeature>(
                HttpMethods.IsGet(request.Method) && string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
                    ? new Http1(upgrade, stream => Adopt(exchange, stream))
                    : null);
        }
        else if (features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            features.Set<IHttpExtendedConnectFeature>(new Http2(connect, stream => Adopt(exchange, stream)));
        }
    }

    public void Dispose() => stopping.Dispose();

    private WebSocketStream Adopt(Exchange exchange, Stream visitor)
    {
        var stream = new WebSocketStream(visitor);
        exchange.Upgraded();
        exchange.EndOn(() => _ = stream.CloseAsync(ServiceRestart), Patience, exchange.Target!.Aborted);
        exchange.EndOn(() => _ = stream.CloseAsync(GoingAway), Patience, stopping.Token);
        return stream;
    }

    private sealed class Http1(IHttpUpgradeFeature server, Func<Stream, Stream> adopt) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => server.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => adopt(await server.UpgradeAsync());
    }

    private sealed class Http2(IHttpExtendedConnectFeature server, Func<Stream, Stream> adopt) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => server.IsExtendedConnect;

        public string? Protocol => server.Protocol;

        public async ValueTask<Stream> AcceptAsync() => adopt(await server.AcceptAsync());
    }
}
