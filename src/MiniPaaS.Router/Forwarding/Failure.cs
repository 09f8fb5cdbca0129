using MiniPaaS.Router.Reporting;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Tells whose fault it is that a request was not served.</summary>
internal static class Failure
{
    /// <summary>The code of what happened; null when it was served, or is an upgraded connection that one side ended.</summary>
    public static ErrorCode? Of(Exchange exchange, ForwarderError error)
    {
        if (error is ForwarderError.None)
        {
            return null;
        }

        if (Upstream.NeverConnected(exchange.Context) is { } unreachable)
        {
            return unreachable.TimedOut ? ErrorCode.ConnectTimeout : ErrorCode.ConnectRefused;
        }

        if (exchange.TimedOut)
        {
            return ErrorCode.RequestTimeout;
        }

        return error switch
        {
            ForwarderError.UpgradeActivityTimeout => ErrorCode.IdleConnection,
            >= ForwarderError.UpgradeRequestCanceled and <= ForwarderError.UpgradeResponseDestination => null,
            // The forwarder itself aborts the visitor's connection then, so that a part does not pass for the whole.
            ForwarderError.ResponseBodyDestination when exchange.Answered => Interruption(exchange),
            _ when exchange.Context.RequestAborted.IsCancellationRequested => ErrorCode.ClientGone,
            ForwarderError.RequestTimedOut => exchange.DynoReads ? ErrorCode.ClientIdle : ErrorCode.IdleConnection,
            ForwarderError.RequestBodyDestination when exchange.Context.Response is { HasStarted: false, StatusCode: 504 } => ErrorCode.IdleConnection,
            ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient => ClientFault(exchange),
            ForwarderError.RequestCreation => ErrorCode.BadRequest,
            ForwarderError.ResponseHeaders => ErrorCode.PoorResponse,
            ForwarderError.RequestBodyDestination when exchange.Answered => Interruption(exchange),
            ForwarderError.ResponseBodyCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestCanceled => ErrorCode.IdleConnection,
            _ => IsMalformed(exchange) ? ErrorCode.PoorResponse : ErrorCode.ClosedWithoutResponse,
        };
    }

    /// <summary>Whether the failed request can go to another dyno: safe, without a body, and unanswered.</summary>
    public static bool MayRepeat(Exchange exchange)
        => exchange is { Answered: false, Tried.IsEmpty: true, Error.Code: "H13" }
            && (HttpMethods.IsGet(exchange.Context.Request.Method) || HttpMethods.IsHead(exchange.Context.Request.Method)
                || HttpMethods.IsOptions(exchange.Context.Request.Method))
            && !exchange.HasBody;

    // A chunk that is none, a body that breaks off: the server has an answer for those.
    private static ErrorCode ClientFault(Exchange exchange)
        => exchange.Context.Response is { HasStarted: false, StatusCode: 400 or 413 } ? ErrorCode.BadRequest
            : exchange.Context.Response is { HasStarted: false, StatusCode: 408 } ? ErrorCode.ClientIdle
            : ErrorCode.ClientGone;

    private static ErrorCode Interruption(Exchange exchange)
        => Upstream.Failure(exchange.Context) is OperationCanceledException ? ErrorCode.IdleConnection : ErrorCode.Interrupted;

    private static bool IsMalformed(Exchange exchange)
        => Upstream.Failure(exchange.Context) is HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
        };
}
