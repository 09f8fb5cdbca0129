using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MiniPaaS.Router.Listening;

/// <summary>What one visitor may take of the router before an app is asked: none of it can be set per app.</summary>
internal static class PublicLimits
{
    /// <summary>Longest request line, in bytes; longer ones get 414. What nginx and HAProxy allow by default too.</summary>
    public const int RequestLine = 8 * 1024;

    /// <summary>All headers together, in bytes; more gets 431.</summary>
    public const int Headers = 64 * 1024;

    /// <summary>Number of header lines; more gets 431.</summary>
    public const int HeaderCount = 200;

    /// <summary>Requests under way at once on an HTTP/2 connection (RFC 9113, 6.5.2, recommends no less than 100).</summary>
    public const int Streams = 128;

    public static void Apply(KestrelServerLimits limits, RouterSettings settings)
    {
        limits.MaxRequestLineSize = RequestLine;
        limits.MaxRequestHeadersTotalSize = Headers;
        limits.MaxRequestHeaderCount = HeaderCount;
        limits.RequestHeadersTimeout = settings.HeadersTimeout;
        limits.KeepAliveTimeout = settings.KeepAliveTimeout;

        // Sizes are the app's business, and a paused upload or a paused reader is legitimate: what ends an exchange is the
        // forwarder's rolling timeout, which neither side's silence outlives.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = Unread(settings.IdleTimeout);

        limits.Http2.MaxStreamsPerConnection = Streams;
        limits.Http2.MaxRequestHeaderFieldSize = Headers / 2;

        // A peer that vanished without a word holds streams of apps otherwise, for as long as they say nothing.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>For what no exchange waits for: a page of the router's own, or the last of an answer, that the visitor does not read.
    /// So late that an exchange is always ended before it, which leaves the other streams of an HTTP/2 connection alone.</summary>
    /// <remarks>The time alone counts: at a lower rate, what was read quickly would be credit for hours of silence.</remarks>
    private static MinDataRate Unread(TimeSpan idle) => new(bytesPerSecond: 1 << 30, gracePeriod: idle * 2);
}
