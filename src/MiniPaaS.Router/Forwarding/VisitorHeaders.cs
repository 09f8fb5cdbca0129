using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Tells a target about the visitor, and copies requests and answers otherwise as they are.</summary>
internal sealed class VisitorHeaders(Target target, TimeProvider time) : HttpTransformer
{
    private const string RequestId = "X-Request-Id";
    private const string Via = "1.1 minipaas";

    private static readonly SearchValues<char> RequestIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    // What only a proxy may say. No proxy before this one is trusted, so what a visitor says of himself is dropped.
    private static readonly FrozenSet<string> Ours = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Host", "X-Request-Start", RequestId);

    /// <summary>Gives the request its id, kept from the visitor when it looks like one; it is in logs, pages and headers.</summary>
    public static void Identify(HttpContext context)
    {
        var sent = context.Request.Headers[RequestId] is [{ Length: >= 20 and <= 200 } one]
            && !one.AsSpan().ContainsAnyExcept(RequestIdCharacters) ? one : null;
        context.TraceIdentifier = sent ?? Guid.NewGuid().ToString();
    }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Options.Set(Upstream.TargetKey, target);
        proxyRequest.RequestUri = ExactAddress(httpContext, destinationPrefix);
        if (proxyRequest.Content is { } body && httpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            proxyRequest.Content = new UnbufferedContent(body);
        }

        var headers = proxyRequest.Headers;
        RemoveForged(httpContext.Request.Headers, headers);
        var (request, connection) = (httpContext.Request, httpContext.Connection);
        if (connection.RemoteIpAddress is { } visitor)
        {
            headers.TryAddWithoutValidation("X-Forwarded-For", (visitor.IsIPv4MappedToIPv6 ? visitor.MapToIPv4() : visitor).ToString());
        }

        headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        headers.TryAddWithoutValidation("X-Forwarded-Port", connection.LocalPort.ToString());
        headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        headers.TryAddWithoutValidation("X-Request-Start", time.GetUtcNow().ToUnixTimeMilliseconds().ToString());
        headers.TryAddWithoutValidation(RequestId, httpContext.TraceIdentifier);
        headers.TryAddWithoutValidation("Via", Via);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copyBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return copyBody;
        }

        Sign(httpContext.Response, httpContext.TraceIdentifier);
        httpContext.Response.Headers.Append("Via", Via);
        if (proxyResponse.Content.Headers.ContentType is { MediaType: "text/event-stream" })
        {
            // The forwarder sends headers with the first byte of the body, which may be long in coming: EventSource waits for them.
            // Not cancellable: once headers are out, only the copying of the body may fail.
            await httpContext.Response.Body.FlushAsync(CancellationToken.None);
        }

        return copyBody;
    }

    public static void Sign(HttpResponse response, string requestId) => response.Headers[RequestId] = requestId;

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
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.StartsWith('/') && !raw.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? new Uri(destinationPrefix[..^1] + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
            : null;
    }
}
