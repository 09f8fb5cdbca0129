using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>No connection to a target came about, so nothing of the request was sent.</summary>
internal sealed class ConnectFailedException(string reason, Exception cause) : IOException(reason, cause);

/// <summary>Sends requests to targets, over TCP to dynos and over a unix socket to the control plane.</summary>
internal sealed class Upstream : IDisposable
{
    public static readonly HttpRequestOptionsKey<Target> TargetKey = new("minipaas.target");
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly IHttpForwarder forwarder;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker client;

    public Upstream(IHttpForwarder forwarder, TimeProvider time)
    {
        this.forwarder = forwarder;
        this.time = time;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ConnectCallback = (context, cancel) => ConnectAsync(context.InitialRequestMessage, cancel),
        });
    }

    /// <summary>Forwards the request and copies the answer; the caller holds a lease on the target.</summary>
    public ValueTask<ForwarderError> SendAsync(HttpContext context, Target target, ForwarderRequestConfig config)
    {
        // Plain requests end by themselves and a drain waits for them; only a WebSocket has to be ended.
        var isWebSocket = string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);
        var aborted = isWebSocket ? target.Aborted : CancellationToken.None;
        return forwarder.SendAsync(context, target.Url, client, config, new VisitorHeaders(target, time), aborted);
    }

    /// <summary>The failed request never left the router: it can safely be sent elsewhere, its body is still unread.</summary>
    public static bool NeverConnected(HttpContext context, [NotNullWhen(true)] out string? reason)
    {
        reason = Failure(context)?.InnerException is ConnectFailedException failure ? failure.Message : null;
        return reason is not null;
    }

    public static Exception? Failure(HttpContext context) => context.Features.Get<IForwarderErrorFeature>()?.Exception;

    public void Dispose() => client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Options.TryGetValue(TargetKey, out var target);
        var endPoint = target!.EndPoint;
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception failure)
        {
            socket.Dispose();
            throw failure switch
            {
                SocketException refused => new ConnectFailedException(refused.Message, refused),
                OperationCanceledException when !cancel.IsCancellationRequested
                    => new ConnectFailedException($"no connection within {ConnectTimeout.TotalSeconds} s", failure),
                _ => failure,
            };
        }
    }
}
