using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Refuses requests that two servers in a row could read differently, where Kestrel lets them pass.</summary>
internal static class SmugglingGuard
{
    // Where Kestrel puts the Content-Length of a request that also has a Transfer-Encoding.
    private const string SetAside = "X-Content-Length";

    /// <summary>Whether the request is to be answered with 400; the connection is closed after it.</summary>
    public static bool Refuses(HttpContext context, [NotNullWhen(true)] out string? reason)
    {
        reason = Ambiguity(context.Request);
        if (reason is null)
        {
            return false;
        }

        // When the answer starts: whoever writes a page clears the headers first.
        context.Response.OnStarting(CloseAfterwards, context);
        return true;
    }

    private static Task CloseAfterwards(object context)
    {
        ((HttpContext)context).Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    private static string? Ambiguity(HttpRequest request)
    {
        // Extended CONNECT (RFC 8441) is how HTTP/2 opens a WebSocket; the plain one asks for a tunnel, which this is not.
        if (HttpMethods.IsConnect(request.Method) && !IsWebSocket(request))
        {
            return "asks for a tunnel (CONNECT)";
        }

        if (request.Host.Value.AsSpan() is var host && host.LastIndexOf(':') is >= 0 and var colon && !IsPort(host[(colon + 1)..]))
        {
            return "names a port that does not exist";
        }

        var codings = request.Headers.TransferEncoding;
        if (codings.Count == 0)
        {
            return null;
        }

        return request.Headers.ContentLength is not null || request.Headers.ContainsKey(SetAside)
                ? "has both a Content-Length and a Transfer-Encoding (RFC 9112, 6.3)"
            : !HttpProtocol.IsHttp11(request.Protocol) ? "has a Transfer-Encoding, which HTTP/1.0 does not know (RFC 9112, 6.1)"
            : codings is not ["chunked"] && !string.Equals(codings, "chunked", StringComparison.OrdinalIgnoreCase)
                ? "has a Transfer-Encoding other than chunked"
            : null;
    }

    // What Kestrel let pass is digits, or the end of an IPv6 address in brackets.
    private static bool IsPort(ReadOnlySpan<char> text) => text.EndsWith(']') || ushort.TryParse(text, out _);

    private static bool IsWebSocket(HttpRequest request)
        => request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: { } protocol }
            && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);
}
