using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Tells a target about the visitor, and copies requests and answers otherwise as they are.</summary>
internal sealed class VisitorHeaders(Target target, Exchange? exchange, RouterSettings settings, TimeProvider time) : HttpTransformer
{
    private const string RequestId = "X-Request-Id";
    private const string Via = "1.1 minipaas";

    private static readonly SearchValues<char> RequestIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Handled by the server and the forwarder; or needed whatever a visitor says.
    private static readonly FrozenSet<string> ForThisHop = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "close", "keep-alive", "upgrade", "te", "host", "content-length", "transfer-encoding");

    // What only a proxy may say. What a visitor says of himself is dropped; what a trusted proxy says is told anew.
    private static readonly FrozenSet<string> Ours = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Host", "X-Request-Start", RequestId,

        // CGI programs read it as the variable HTTP_PROXY, and send their own requests through it.
        "Proxy");

    /// <summary>Gives the request its id, kept from the visitor when it looks like one; it is in logs, pages and headers.</summary>
    public static void Identify(HttpContext context)
    {
        var sent = context.Request.Headers[RequestId] is [{ Length: >= 20 and <= 200 } one]
            && !one.AsSpan().ContainsAnyExcept(RequestIdCharacters) ? one : null;
        context.TraceIdentifier = sent ?? NewId();
    }

    // A UUID version 4 (RFC 9562, 5.4). It has to be unlike others, not unguessable: Guid.NewGuid asks the kernel every time.
    private static string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Options.Set(Upstream.TargetKey, target);
        if (exchange is not null)
        {
            proxyRequest.Options.Set(Upstream.ExchangeKey, exchange);
        }

        proxyRequest.RequestUri = ExactAddress(httpContext, destinationPrefix);
        AddBody(httpContext, proxyRequest);
        var (sent, headers) = (httpContext.Request.Headers, proxyRequest.Headers);
        RemoveForged(sent, headers);
        RemoveOfConnection(sent, proxyRequest);
        var visitor = exchange?.Visitor ?? Visitor.Of(httpContext, settings);
        headers.TryAddWithoutValidation("X-Forwarded-For", visitor.Chain);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", visitor.Scheme);
        headers.TryAddWithoutValidation("X-Forwarded-Port", visitor.Port);
        headers.TryAddWithoutValidation("X-Forwarded-Host", visitor.Host);
        headers.TryAddWithoutValidation("X-Request-Start", time.GetUtcNow().ToUnixTimeMilliseconds().ToString());
        headers.TryAddWithoutValidation(RequestId, httpContext.TraceIdentifier);
        headers.TryAddWithoutValidation("Via", Via);
        PassOn(sent, proxyRequest);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copyBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return copyBody;
        }

        var headers = httpContext.Response.Headers;
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var named))
        {
            foreach (var name in Named(named))
            {
                headers.Remove(name);
            }
        }

        exchange?.Answer();
        var isEventStream = proxyResponse.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types)
            && types.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        if (exchange is not null && proxyResponse.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            Stickiness.Remember(exchange);
            proxyResponse.Content = new CountedContent(proxyResponse.Content, exchange);
        }

        if (TrailedContent.Fits(httpContext, proxyResponse))
        {
            proxyResponse.Content = new TrailedContent(proxyResponse.Content, proxyResponse);
            headers.TransferEncoding = "chunked";
        }

        Sign(httpContext.Response, httpContext.TraceIdentifier);
        headers.Append("Via", Via);
        if (exchange?.Hsts is { } hsts)
        {
            headers.StrictTransportSecurity = hsts;
        }

        if (isEventStream)
        {
            // The forwarder sends headers with the first byte of the body, which may be long in coming: EventSource waits for them.
            // Not cancellable: once headers are out, only the copying of the body may fail.
            await httpContext.Response.Body.FlushAsync(CancellationToken.None);
        }

        return copyBody;
    }

    public static void Sign(HttpResponse response, string requestId) => response.Headers[RequestId] = requestId;

    // What the forwarder takes for a matter of this hop, and is not, or is one of the next hop too.
    private static void PassOn(IHeaderDictionary sent, HttpRequestMessage request)
    {
        if (sent.UpgradeInsecureRequests is { Count: > 0 } wish)
        {
            request.Headers.TryAddWithoutValidation("Upgrade-Insecure-Requests", (IEnumerable<string?>)wish);
        }

        if (TrailedContent.Accepts(sent) && request.Version == HttpVersion.Version11)
        {
            request.Headers.Remove("TE");
            request.Headers.TryAddWithoutValidation("TE", "trailers");
            request.Headers.TryAddWithoutValidation("Connection", "TE");
        }
    }

    private void AddBody(HttpContext context, HttpRequestMessage request)
    {
        if (request.Content is { } body && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            request.Content = new UnbufferedContent(body, exchange);
        }
        else if (request.Content is null && !MayRepeat(request.Method))
        {
            // The client repeats a request without a body when the connection breaks off: with an empty one, it does not.
            request.Content = new ByteArrayContent([]);
        }
    }

    /// <summary>Whether a request may be sent twice (RFC 9110, 9.2.2): only those of safe methods are, to be sure.</summary>
    public static bool MayRepeat(HttpMethod method)
        => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options || method == HttpMethod.Connect;

    // RFC 9110, 7.6.1: what the Connection header names is meant for this hop alone.
    private static void RemoveOfConnection(IHeaderDictionary sent, HttpRequestMessage request)
    {
        foreach (var name in sent.Connection is { Count: > 0 } named ? Named(named) : [])
        {
            if (!request.Headers.Remove(name))
            {
                request.Content?.Headers.Remove(name);
            }
        }
    }

    private static IEnumerable<string> Named(IEnumerable<string?> connection)
        => connection.SelectMany(value => value!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(name => !ForThisHop.Contains(name) && name.AsSpan().IndexOfAnyExcept(TokenCharacters) < 0);

    // CGI-style servers read X_Forwarded_For as X-Forwarded-For, so both spellings have to go.
    private static void RemoveForged(IHeaderDictionary sent, HttpRequestHeaders headers)
    {
        foreach (var (name, _) in sent)
        {
            if (Ours.Contains(name) || (name.Contains('_') && Ours.Contains(name.Replace('_', '-'))))
            {
                headers.Remove(name);
            }
        }
    }

    // Path and query byte for byte: signatures and odd escapes survive. What is not plain is left to the forwarder's own escaping.
    private static Uri? ExactAddress(HttpContext context, string destinationPrefix)
    {
        var raw = OriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return raw.StartsWith('/') && !raw.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? new Uri(destinationPrefix[..^1] + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
            : null;
    }

    // A target with scheme and host (RFC 9112, 3.2.2) without them.
    private static string OriginForm(string raw)
    {
        var scheme = raw.StartsWith('/') ? -1 : raw.IndexOf("://", StringComparison.Ordinal);
        var path = scheme < 0 ? -1 : raw.AsSpan(scheme + 3).IndexOfAny('/', '?');
        return path < 0 || raw[scheme + 3 + path] != '/' ? raw : raw[(scheme + 3 + path)..];
    }
}
