using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>No connection to a target came about, so nothing of the request was sent.</summary>
internal sealed class ConnectFailedException(string reason, bool timedOut, Exception cause) : IOException(reason, cause)
{
    public bool TimedOut => timedOut;
}

/// <summary>Sends requests to targets, over TCP to dynos and over a unix socket to the control plane.</summary>
internal sealed class Upstream : IDisposable
{
    public static readonly HttpRequestOptionsKey<Target> TargetKey = new("minipaas.target");
    public static readonly HttpRequestOptionsKey<Exchange> ExchangeKey = new("minipaas.exchange");
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // Shorter than the 5 s after which Node and Apache close an idle connection: a request must not meet its end on the way.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(4);

    private readonly IHttpForwarder forwarder;
    private readonly RouterSettings settings;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker client;

    public Upstream(IHttpForwarder forwarder, RouterSettings settings, TimeProvider time)
    {
        this.forwarder = forwarder;
        this.settings = settings;
        this.time = time;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = IdleTimeout,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ConnectCallback = (context, cancel) => ConnectAsync(context.InitialRequestMessage, cancel),
        });
    }

    /// <summary>Forwards an app's request and copies the answer; the caller holds a lease on the target.</summary>
    public ValueTask<ForwarderError> SendAsync(Exchange exchange, Target target, ForwarderRequestConfig config)
        => forwarder.SendAsync(
            exchange.Context, target.Url, client, config, new VisitorHeaders(target, exchange, settings, time), exchange.Ended);

    /// <summary>Forwards a request to the control plane.</summary>
    public ValueTask<ForwarderError> SendAsync(HttpContext context, Target target, ForwarderRequestConfig config)
        => forwarder.SendAsync(
            context, target.Url, client, config, new VisitorHeaders(target, exchange: null, settings, time), CancellationToken.None);

    /// <summary>Why the request never left the router, or null: it can safely be sent elsewhere, its body is still unread.</summary>
    public static ConnectFailedException? NeverConnected(HttpContext context) => Failure(context)?.InnerException as ConnectFailedException;

    public static Exception? Failure(HttpContext context) => context.Features.Get<IForwarderErrorFeature>()?.Exception;

    public void Dispose() => client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Options.TryGetValue(TargetKey, out var target);
        var start = Stopwatch.GetTimestamp();
        var endPoint = target!.EndPoint;
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            if (request.Options.TryGetValue(ExchangeKey, out var exchange))
            {
                exchange.Connect = Stopwatch.GetElapsedTime(start);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception failure)
        {
            socket.Dispose();
            throw failure switch
            {
                SocketException refused => new ConnectFailedException(refused.Message, timedOut: false, refused),
                OperationCanceledException when !cancel.IsCancellationRequested
                    => new ConnectFailedException($"no connection within {ConnectTimeout.TotalSeconds} s", timedOut: true, failure),
                _ => failure,
            };
        }
    }
}
