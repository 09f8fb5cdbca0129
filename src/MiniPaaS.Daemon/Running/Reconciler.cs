using System.Collections.Concurrent;
using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// The only loop that acts on dynos: for one app at a time it compares what the rows want with what runs, tells the
/// routers, starts what is missing and retires what is not wanted. Passes are cheap, repeatable and never overlap per app.
/// </summary>
internal sealed partial class Reconciler(
    Database database,
    DynoEngine engine,
    DynoOutput output,
    DynoChecks checks,
    Retirement retirement,
    DynoGround ground,
    RouterLink routers,
    LogBook logs,
    TimeProvider time,
    ILogger<Reconciler> log)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, AppLoop> loops = new();
    private CancellationToken stopping;

    /// <summary>What is known of the app's dynos.</summary>
    public AppDynos DynosOf(long appId) => LoopOf(appId).Dynos;

    /// <summary>Says that something about the app changed; returns at once.</summary>
    public void Wake(long appId) => LoopOf(appId).Wake();

    /// <summary>Ends a dyno and starts a fresh one in its place.</summary>
    public void Replace(Dyno dyno)
    {
        var dynos = DynosOf(dyno.Slot.AppId);
        if (dynos.Retire(dyno))
        {
            retirement.Begin(dyno, gone => Retired(dynos, dyno, gone));
            Wake(dyno.Slot.AppId);
        }
    }

    /// <summary>Ends every dyno of an app that was destroyed; at most as long as draining and the grace take.</summary>
    public async Task ForgetAsync(long appId, CancellationToken ct)
    {
        await LoopOf(appId).RunOnceAsync(ct);
        await GoneAsync(appId, deployment: null, Timeout.InfiniteTimeSpan, ct);
        loops.TryRemove(appId, out _);
    }

    /// <summary>Waits until no dyno of a deployment (null: of the app) is left, at most for the given time.</summary>
    public async Task GoneAsync(long appId, long? deployment, TimeSpan patience, CancellationToken ct)
    {
        var dynos = DynosOf(appId);
        var impatience = Task.Delay(patience, time, ct);
        while (!impatience.IsCompleted)
        {
            var changed = dynos.Changed;
            if (!dynos.Observed.Any(d => deployment is null || d.Slot.Deployment == deployment))
            {
                return;
            }

            await Task.WhenAny(changed, impatience);
        }
    }

    /// <summary>Looks at every app once, then tells the routers, then keeps reconciling until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        stopping = ct;
        await Task.WhenAll((await AppsAsync(ct)).Select(app => FirstPassAsync(app, ct)));
        await routers.CompleteAsync(ct);
        await Task.WhenAll(WatchAsync(ct), TickAsync(ct));
    }

    private AppLoop LoopOf(long appId) => loops.GetOrAdd(appId, id => new AppLoop(token => PassAsync(id, token), e => LogPassFailed(e, id), () => stopping));

    private async Task<ImmutableHashSet<long>> AppsAsync(CancellationToken ct) =>
        [.. database.Read(AppTable.All).Select(a => a.Id), .. await engine.AppsAsync(ct)];

    private async Task WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await foreach (var app in engine.WatchAsync(ct))
                {
                    if (app != 0)
                    {
                        Wake(app);
                    }
                    else
                    {
                        await ground.RenewAsync(ct);
                        await WakeAllAsync(ct);
                    }
                }
            }
            catch (Exception e) when (e is Docker.DockerException or IOException or InvalidOperationException)
            {
                LogEngineLost(e.Message);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
        }
    }

    private async Task TickAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Tick, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await WakeAllAsync(ct);
            }
            catch (Docker.DockerException e)
            {
                LogEngineLost(e.Message);
            }
        }
    }

    private async Task WakeAllAsync(CancellationToken ct)
    {
        foreach (var app in await AppsAsync(ct))
        {
            Wake(app);
        }
    }

    // Dynos that served before the daemon started are taken up as they are, without a new boot timeout.
    private async Task FirstPassAsync(long appId, CancellationToken ct)
    {
        try
        {
            var live = database.Read(db => AppTable.Find(db, appId))?.LiveDeployment;
            var dynos = LoopOf(appId).Dynos;
            var observed = await engine.ObserveAsync(appId, ct);
            dynos.Observe(observed);
            await Task.WhenAll(observed.Where(d => d.Running).Select(d => checks.AdoptAsync(dynos, d, d.Slot.Deployment == live, ct)));
            await LoopOf(appId).RunOnceAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogPassFailed(e, appId);
        }
    }

    private async Task PassAsync(long appId, CancellationToken ct)
    {
        var dynos = DynosOf(appId);
        var rows = database.Read(db => AppRows.Read(db, appId));
        var desired = rows is null ? [] : Desired.Of(rows);
        dynos.Observe(await engine.ObserveAsync(appId, ct));
        var plan = Plan.Of(desired, [.. dynos.Observed.Where(d => !dynos.IsRetiring(d))]);

        // 1. Routes first: a dyno that is on its way out must not be routed to, and a flip must not wait for workers to start.
        await RouteAsync(rows, dynos, ct);

        // 2. Shrink, in the background: it may take as long as the longest request. Not before every router has let go.
        var inStep = await routers.InStepAsync(ct);
        foreach (var dyno in plan.Retire.Where(d => inStep || !d.IsWeb).Concat(plan.Discard).Where(dynos.Retire))
        {
            retirement.Begin(dyno, gone => Retired(dynos, dyno, gone));
        }

        if (!inStep && plan.Retire.Any(d => d.IsWeb))
        {
            LoopOf(appId).WakeAt(TimeSpan.FromMilliseconds(500));
        }

        // 3. What ended by itself is noted and removed; its slot is filled below, or fails its deployment.
        foreach (var dyno in plan.Crashed.Where(dynos.Retire))
        {
            await CrashAsync(rows!, dynos, dyno, ct);
            retirement.Begin(dyno, gone => Retired(dynos, dyno, gone));
        }

        // 4. Grow.
        await Task.WhenAll(plan.Start.Where(spec => MayStart(rows!, dynos, spec)).Select(spec => StartAsync(dynos, spec, ct)));
        foreach (var dyno in dynos.Observed.Where(d => d.Running && d.IsWeb && dynos.NeedsCheck(d) && !dynos.IsRetiring(d)))
        {
            if (desired.FirstOrDefault(d => d.Slot == dyno.Slot) is { } spec)
            {
                checks.Begin(dynos, dyno, spec, rows!.Domains[0], () => Wake(appId), stopping);
            }
        }
    }

    private async Task RouteAsync(AppRows? rows, AppDynos dynos, CancellationToken ct)
    {
        if (rows is null)
        {
            return; // whoever deleted the app has told the routers: only they know its name
        }

        var app = rows.App;
        var route = RouteBook.Of(
            app.Name, app.LiveRelease, app.LiveDeployment, rows.Formation.Of(Formation.Web), rows.Domains, dynos.Serving(), routers.NextVersion(),
            rows.Acme);
        var current = await routers.CurrentAsync(app.Name, ct);
        var isNew = current is null || current.Release != route.Release || current.Mode != route.Mode
            || current.Policy != route.Policy || !current.Hosts.SequenceEqual(route.Hosts) || !current.Targets.SequenceEqual(route.Targets);
        if (isNew || dynos.Routed != app.LiveDeployment)
        {
            var acks = await routers.PutAsync(isNew ? route : current!, ct);
            if (acks > 0)
            {
                dynos.Route(app.LiveDeployment);
            }
        }
    }

    private void Retired(AppDynos dynos, Dyno dyno, bool gone)
    {
        if (gone)
        {
            Wake(dyno.Slot.AppId);
        }
        else
        {
            dynos.RetireAgain(dyno);
            LoopOf(dyno.Slot.AppId).WakeAt(TimeSpan.FromSeconds(5));
        }
    }

    private bool MayStart(AppRows rows, AppDynos dynos, DynoSpec spec)
    {
        // A deployment that failed on its way is about to be given up; what is live is tried again, however often it fails.
        if (spec.Slot.Deployment != rows.App.LiveDeployment && dynos.Failure(spec.Slot.Deployment) is not null)
        {
            return false;
        }

        if (dynos.PausedCrash(spec.Slot, time.GetUtcNow()) is { } crash)
        {
            LoopOf(spec.Slot.AppId).WakeAt(crash.Until - time.GetUtcNow());
            return false;
        }

        return true;
    }

    private async Task StartAsync(AppDynos dynos, DynoSpec spec, CancellationToken ct)
    {
        logs.Platform(spec.Slot.AppId, spec.Slot.Name, $"Starting process with command `{spec.Command}`");
        try
        {
            await engine.StartAsync(spec, ct);
            Wake(spec.Slot.AppId);
        }
        catch (Docker.DockerException e)
        {
            logs.Platform(spec.Slot.AppId, spec.Slot.Name, $"The container could not be started: {e.Message}");
            dynos.Crashed(spec.Slot, "could not be started", TimeSpan.Zero, time.GetUtcNow());
            dynos.Fail(spec.Slot.Deployment, $"{spec.Slot.Name} could not be started: {e.Message}", lastLines: []);
            Wake(spec.Slot.AppId);
        }
    }

    private async Task CrashAsync(AppRows rows, AppDynos dynos, Dyno dyno, CancellationToken ct)
    {
        var (status, outOfMemory) = await engine.ExitAsync(dyno, ct);
        await output.FinishAsync(dyno.Id, ct);
        var reason = outOfMemory ? "ran out of memory (error R14/R15, limit 512 MB) and was ended" : $"exited with status {status}";
        logs.Platform(dyno.Slot.AppId, dyno.Slot.Name, $"Process {reason}. State changed from up to crashed");
        if (rows.Open is { } open && open.Id == dyno.Slot.Deployment && rows.App.LiveDeployment != open.Id)
        {
            dynos.Fail(open.Id, $"{dyno.Slot.Name} {reason} before it answered on its port.", output.Tail(dyno.Id));
            return;
        }

        var pause = dynos.Crashed(dyno.Slot, reason, time.GetUtcNow() - dyno.Since, time.GetUtcNow());
        logs.Platform(
            dyno.Slot.AppId, dyno.Slot.Name, pause == TimeSpan.Zero ? "Restarting in a fresh container" : $"Restarting in {pause.TotalSeconds:0} seconds");
    }

    [LoggerMessage(203, LogLevel.Warning, "The event stream of Docker Engine broke off, opening it again: {Reason}")]
    private partial void LogEngineLost(string reason);

    [LoggerMessage(204, LogLevel.Error, "Looking at app {AppId} failed; trying again")]
    private partial void LogPassFailed(Exception e, long appId);
}
