using MiniPaaS.Protocol;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>The life of a public request.</summary>
internal sealed class ProxyHandler(
    RouteBoard board, ControlPlane controlPlane, Upstream upstream, Traffic traffic, ILogger<ProxyHandler> log)
{
    // Any byte either way starts it anew.
    private static readonly ForwarderRequestConfig ToDynos = new()
    {
        ActivityTimeout = TimeSpan.FromSeconds(55),
        Version = System.Net.HttpVersion.Version11,
    };

    public async Task HandleAsync(HttpContext context)
    {
        traffic.Begin();
        try
        {
            VisitorHeaders.Identify(context);
            await RouteAsync(context);
        }
        finally
        {
            traffic.End();
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        // The board is asked whether it knows all before it is asked for one: a snapshot may arrive in between.
        var knowsAll = board.Synchronised;
        var host = HostTable.NameIn(context.Request.Host.Value);
        if (board.Hosts.Find(host) is { } slot)
        {
            return ServeAsync(context, slot);
        }

        if (controlPlane.AnswersTo(host))
        {
            return controlPlane.HandleAsync(context);
        }

        return ErrorPages.WriteAsync(context, knowsAll ? ErrorPages.UnknownHost(host.ToString()) : ErrorPages.Starting);
    }

    private async Task ServeAsync(HttpContext context, AppSlot slot)
    {
        Target? unreachable = null;
        while (slot.Lease(except: unreachable) is { } target)
        {
            var error = await SendAsync(context, target);
            if (error == ForwarderError.None)
            {
                return;
            }

            var app = slot.Current.Route.App;
            if (!Upstream.NeverConnected(context, out var reason))
            {
                await FailAsync(context, app, target, error);
                return;
            }

            log.DynoUnreachable(app, target.Name, target.EndPoint.ToString()!, reason);
            if (unreachable is not null || context.RequestAborted.IsCancellationRequested)
            {
                break;
            }

            // Nothing was sent, so one more dyno may have it, whatever the method.
            unreachable = target;
            context.Response.Clear();
        }

        var route = slot.Current.Route;
        await ErrorPages.WriteAsync(context, route.Mode == RouteMode.Maintenance ? ErrorPages.Maintenance(route.App)
            : unreachable is null ? ErrorPages.NoDynos(route.App)
            : ErrorPages.NotReachable(route.App));
    }

    private async ValueTask<ForwarderError> SendAsync(HttpContext context, Target target)
    {
        try
        {
            return await upstream.SendAsync(context, target, ToDynos);
        }
        finally
        {
            target.Release();
        }
    }

    private Task FailAsync(HttpContext context, string app, Target target, ForwarderError error)
    {
        ErrorPage? page = error switch
        {
            // The visitor is gone: nobody's fault, and nobody reads a page.
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled
                when context.RequestAborted.IsCancellationRequested => null,
            ForwarderError.RequestTimedOut => ErrorPages.TooSlow(app),
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled => ErrorPages.NotReachable(app),
            ForwarderError.Request or ForwarderError.RequestBodyDestination or ForwarderError.ResponseHeaders
                or ForwarderError.ResponseBodyDestination => ErrorPages.BrokenAnswer(app),
            ForwarderError.RequestCreation => ErrorPages.NotForwardable,
            _ => null,
        };
        if (page is null)
        {
            return Task.CompletedTask;
        }

        var reason = Upstream.Failure(context)?.GetBaseException().Message ?? "";
        log.DynoFailed(app, target.Name, target.EndPoint.ToString()!, error.ToString(), reason);
        return ErrorPages.WriteAsync(context, page);
    }
}
