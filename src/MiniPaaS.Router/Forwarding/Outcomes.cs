using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Forwarding;

/// <summary>The end of every request for an app: the page that is still owed, one line in the log, and the counts.</summary>
internal sealed class Outcomes(RequestLog requests, RouterMeters meters, TimeProvider time, ILogger<Outcomes> log)
{
    public async ValueTask FinishAsync(Exchange exchange)
    {
        try
        {
            if (exchange.Error is { } error && error != ErrorCode.ClientGone)
            {
                await ExplainAsync(exchange, error);
            }
        }
        catch (OperationCanceledException) when (exchange.Context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads the page.
        }
        finally
        {
            Report(exchange);
        }
    }

    private Task ExplainAsync(Exchange exchange, ErrorCode error)
    {
        var (context, live) = (exchange.Context, exchange.Slot.Current);
        // What the visitor did is no news of the dyno.
        if (error != ErrorCode.BadRequest && error != ErrorCode.ClientIdle
            && exchange.Target is { } target && Upstream.Failure(context) is { } failure)
        {
            log.DynoFailed(live.Route.App, target.Name, target.EndPoint.ToString()!, error.Code, failure.GetBaseException().Message);
        }

        return ErrorPages.WriteAsync(
            context,
            ErrorPages.Of(error, live.Route.App),
            error == ErrorCode.Maintenance ? live.Policy.MaintenancePageUrl : live.Policy.ErrorPageUrl);
    }

    private void Report(Exchange exchange)
    {
        var (context, elapsed, app) = (exchange.Context, exchange.Elapsed, exchange.Slot.Current.Route.App);

        // Nobody was told 499: the client had gone.
        var status = exchange.Error == ErrorCode.ClientGone ? ErrorCode.ClientGone.Status : context.Response.StatusCode;
        exchange.Slot.Meters.Add(status, exchange.Bytes, elapsed);
        meters.Finished(app, status, exchange.Error, elapsed);
        requests.Write(new RequestLine
        {
            Time = time.GetUtcNow(),
            App = app,
            Error = exchange.Error,
            Method = context.Request.Method,
            Path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            Host = context.Request.Host.Value ?? "",
            RequestId = context.TraceIdentifier,
            Forwarded = exchange.Visitor.Chain,
            Dyno = exchange.Target?.Name,
            Connect = exchange.Connect,
            Service = elapsed,
            Status = status,
            Bytes = exchange.Bytes,
            Protocol = exchange.Visitor.Scheme,
        });
    }
}
