using System.Net;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>The life of a public request.</summary>
internal sealed class ProxyHandler(
    RouteBoard board,
    ControlPlane controlPlane,
    Upstream upstream,
    Upgrades upgrades,
    HealthWatch health,
    FrontRules rules,
    Outcomes outcomes,
    Traffic traffic,
    Goodbye goodbye,
    RouterSettings settings,
    TimeProvider time,
    ILogger<ProxyHandler> log)
{
    private readonly ForwarderRequestConfig toDynos = new()
    {
        ActivityTimeout = settings.IdleTimeout,
        Version = HttpVersion.Version11,
    };

    // gRPC is HTTP/2 or nothing; a dyno that serves it speaks it with prior knowledge on its port.
    private readonly ForwarderRequestConfig toGrpcDynos = new()
    {
        ActivityTimeout = settings.IdleTimeout,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async Task HandleAsync(HttpContext context)
    {
        traffic.Begin();
        try
        {
            VisitorHeaders.Identify(context);
            goodbye.Accompany(context);
            if (SmugglingGuard.Refuses(context, out var reason))
            {
                await ErrorPages.WriteAsync(context, ErrorPages.Ambiguous(reason));
                return;
            }

            await RouteAsync(context);
        }
        finally
        {
            traffic.End();
        }
    }

    // 1. Whose request is it?
    private Task RouteAsync(HttpContext context)
    {
        // The board is asked whether it knows all before it is asked for one: a snapshot may arrive in between.
        var knowsAll = board.Synchronised;
        var host = HostTable.NameIn(context.Request.Host.Value);
        if (board.Hosts.Find(host) is { } slot)
        {
            return rules.Challenges(context, slot.Current.Policy) ? controlPlane.HandleAsync(context) : ServeAsync(context, slot);
        }

        if (controlPlane.AnswersTo(host))
        {
            return controlPlane.HandleAsync(context);
        }

        return ErrorPages.WriteAsync(context, knowsAll ? ErrorPages.UnknownHost(host.ToString()) : ErrorPages.Starting);
    }

    // 2. An app's. However it ends, it is answered and reported once.
    private async Task ServeAsync(HttpContext context, AppSlot slot)
    {
        using var exchange = new Exchange { Context = context, Slot = slot, Visitor = Visitor.Of(context, settings) };
        try
        {
            if (!rules.Redirect(exchange))
            {
                exchange.Error = await AnswerAsync(exchange);
            }
        }
        catch (BacklogException)
        {
            exchange.Error = ErrorCode.BacklogTooDeep;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            exchange.Error = ErrorCode.ClientGone;
        }
        catch (Exception failure)
        {
            // Nobody thought of it: answered and counted all the same.
            log.RequestFailed(failure, slot.Current.Route.App, context.Request.Method, context.Request.Path.Value!);
            exchange.Error = ErrorCode.PlatformError;
            if (context.Response.HasStarted)
            {
                // Or a part would pass for the whole.
                context.Abort();
            }
        }

        await outcomes.FinishAsync(exchange);
    }

    // 3. Within the app's limits, what its route says: forwarded, parked, or refused. Every turn reads the route anew.
    private async ValueTask<ErrorCode?> AnswerAsync(Exchange exchange)
    {
        var limits = exchange.Slot.Current.Limits;
        if (!limits.WithinRate(exchange.Visitor.Address))
        {
            return ErrorCode.TooManyRequests;
        }

        upgrades.Watch(exchange);
        exchange.Place = await limits.EnterAsync(exchange.Context.RequestAborted);
        while (true)
        {
            var live = exchange.Slot.Current;
            if (live.Route.Mode == RouteMode.Maintenance)
            {
                return ErrorCode.Maintenance;
            }

            if (live.Route.Mode == RouteMode.Hold)
            {
                if (!await ParkAsync(exchange, live, TimeSpan.FromSeconds(live.Policy.HoldSeconds)))
                {
                    return ErrorCode.HeldTooLong;
                }
            }
            else if (Stickiness.Pick(exchange, live) is { } target)
            {
                // Refused only in the instant after a flip: then the slot already holds the next route.
                if (target.TryLease() && !MayTryAgain(exchange, target, await ForwardAsync(exchange, target)))
                {
                    return exchange.Error;
                }
            }
            else if (exchange.Error is { } failed)
            {
                return failed;
            }
            else if (live.Route.Web != WebState.Starting)
            {
                return live.Route.Web == WebState.Crashed ? ErrorCode.AppCrashed : ErrorCode.NoWebDynos;
            }
            else if (!await ParkAsync(exchange, live, settings.BootPatience))
            {
                return ErrorCode.BootTimeout;
            }
        }
    }

    private Task<bool> ParkAsync(Exchange exchange, LiveRoute live, TimeSpan patience)
        => live.Limits.ParkAsync(live.Superseded, patience - exchange.Elapsed, time, exchange.Context.RequestAborted);

    // 4. To a dyno, under a lease: as long as it is held, the dyno is not called drained.
    private async ValueTask<ForwarderError> ForwardAsync(Exchange exchange, Target target)
    {
        try
        {
            exchange.Begin(target, settings.FirstByteTimeout);
            return await upstream.SendAsync(exchange, target, IsGrpc(exchange.Context.Request) ? toGrpcDynos : toDynos);
        }
        finally
        {
            target.Release();
        }
    }

    private static bool IsGrpc(HttpRequest request)
        => HttpProtocol.IsHttp2(request.Protocol) && request.ContentType is { } type
            && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
            && (type.Length == 16 || type[16] is '+' or ';');

    // 5. Once more with another dyno, where nothing was sent or nothing can be done twice by it; a request is never lost for less.
    private bool MayTryAgain(Exchange exchange, Target target, ForwarderError error)
    {
        exchange.Error = Failure.Of(exchange, error);
        if (exchange.Error is null)
        {
            return false;
        }

        var unreachable = Upstream.NeverConnected(exchange.Context);
        health.Note(exchange, target, unreachable);
        var again = !exchange.Context.RequestAborted.IsCancellationRequested && !exchange.Context.Response.HasStarted
            && (unreachable is not null || Failure.MayRepeat(exchange));
        if (again)
        {
            exchange.Tried = exchange.Tried.Add(target);
            exchange.Context.Response.Clear();
        }

        return again;
    }
}
