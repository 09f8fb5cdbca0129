using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Running;

/// <summary>Keeps the routes of an app as its rows and dynos want them; called by its passes only, so never twice at once.</summary>
internal sealed class RouteKeeper(RouterLink routers, LogBook logs, TimeProvider time)
{
    /// <summary>Puts the app's route in force on every router if it is not.</summary>
    /// <param name="rows">What should be, read after <paramref name="asked"/> was.</param>
    /// <param name="dynos">What is.</param>
    /// <param name="asked">The last question that the rows answer.</param>
    /// <param name="ct">Ends the waiting for routers.</param>
    /// <returns>How long until it must be looked at again, or null.</returns>
    public async Task<TimeSpan?> KeepAsync(AppRows rows, AppDynos dynos, long asked, CancellationToken ct)
    {
        var app = rows.App;
        var now = time.GetUtcNow();
        var route = RouteBook.Of(rows.Route, dynos.Serving(), Idle(rows, dynos, now), now, routers.NextVersion());
        var current = await routers.CurrentAsync(app.Name, ct);
        var isNew = current is null || !RouteBook.SameContent(current, route);
        if (isNew || dynos.Routed != app.LiveDeployment)
        {
            var acks = await routers.PutAsync(isNew ? route : current!, ct);
            if (acks > 0)
            {
                dynos.Route(app.LiveDeployment);
            }
        }

        if (current is { Mode: RouteMode.Hold } && route.Mode == RouteMode.Serve)
        {
            logs.Platform(app.Id, "router", "The hold is over, requests go through again");
        }

        if (asked > dynos.InForce)
        {
            if (!await routers.HaveAllAsync(ct))
            {
                return TimeSpan.FromMilliseconds(200);
            }

            dynos.PutInForce(asked);
        }

        return route.Mode == RouteMode.Hold ? rows.Traffic.HoldUntil - now : null;
    }

    private static WebState Idle(AppRows rows, AppDynos dynos, DateTimeOffset now)
    {
        var wanted = Desired.Of(rows).Where(d => d.Slot.ProcessType == Formation.Web && d.Slot.Deployment == rows.App.LiveDeployment).ToArray();
        return RouteBook.Idle(wanted.Length, wanted.Count(d => dynos.PausedCrash(d.Slot, now) is not null));
    }
}
