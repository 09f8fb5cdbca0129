using System.Collections.Concurrent;
using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
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
    DynoChecks checks,
    Launcher launcher,
    Retirement retirement,
    DynoGround ground,
    RouteKeeper routes,
    RouterLink routers,
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

    /// <summary>Waits until what was committed before the call is in force on every router; false when that took too long.</summary>
    public async Task<bool> InForceAsync(long appId, TimeSpan patience, CancellationToken ct)
    {
        var dynos = DynosOf(appId);
        var asked = dynos.Ask();
        Wake(appId);
        var impatience = Task.Delay(patience, time, ct);
        while (true)
        {
            var changed = dynos.Changed;
            if (dynos.InForce >= asked)
            {
                return true;
            }

            if (await Task.WhenAny(changed, impatience) == impatience)
            {
                await impatience;
                return false;
            }
        }
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
            var (live, canary) = database.Read(db => (AppTable.Find(db, appId)?.LiveDeployment, CanaryTable.Open(db, appId)?.Deployment));
            var dynos = LoopOf(appId).Dynos;
            var observed = await engine.ObserveAsync(appId, ct);
            dynos.Observe(observed);
            await Task.WhenAll(observed.Where(d => d.Running).Select(d => checks.AdoptAsync(dynos, d, d.Slot.Deployment == live || d.Slot.Deployment == canary, ct)));
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
        var asked = dynos.Asked; // before the rows are read: they answer it
        var rows = database.Read(db => AppRows.Read(db, appId));
        var desired = rows is null ? [] : Desired.Of(rows);
        await ObserveAsync(appId, rows, dynos, asked, ct);
        var plan = Plan.Of(desired, [.. dynos.Observed.Where(d => !dynos.IsRetiring(d))]);

        // 1. Routes first: a dyno that is on its way out must not be routed to, and a flip must not wait for workers to start.
        await RouteAsync(rows, dynos, asked, ct);

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
            await launcher.EndedAsync(rows!, dynos, dyno, ct);
            retirement.Begin(dyno, gone => Retired(dynos, dyno, gone));
        }

        // 4. Grow.
        await Task.WhenAll(plan.Start.Select(spec => StartAsync(rows!, dynos, spec, ct)));
        foreach (var dyno in dynos.Observed.Where(d => d.Running && d.IsWeb && dynos.NeedsCheck(d) && !dynos.IsRetiring(d)))
        {
            if (desired.FirstOrDefault(d => d.Slot == dyno.Slot) is { } spec)
            {
                checks.Begin(dynos, dyno, spec, rows!.Domains[0], () => Wake(appId), stopping);
            }
        }
    }

    // An engine that is away changes nothing about what visitors should get.
    private async Task ObserveAsync(long appId, AppRows? rows, AppDynos dynos, long asked, CancellationToken ct)
    {
        try
        {
            dynos.Observe(await engine.ObserveAsync(appId, ct));
        }
        catch (Docker.DockerException) when (rows is not null && asked > dynos.InForce)
        {
            if (await routers.CurrentAsync(rows.App.Name, ct) is not null)
            {
                await RouteAsync(rows, dynos, asked, ct);
            }

            throw;
        }
    }

    // Whoever deleted the app (no rows) has told the routers: only they know its name.
    private async Task RouteAsync(AppRows? rows, AppDynos dynos, long asked, CancellationToken ct)
    {
        if (rows is not null && await routes.KeepAsync(rows, dynos, asked, ct) is { } again)
        {
            LoopOf(rows.App.Id).WakeAt(again);
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

    private async Task StartAsync(AppRows rows, AppDynos dynos, DynoSpec spec, CancellationToken ct)
    {
        switch (launcher.PauseBefore(rows, dynos, spec))
        {
            case null:
                await launcher.StartAsync(dynos, spec, ct);
                Wake(spec.Slot.AppId);
                break;
            case { } pause when pause < TimeSpan.MaxValue:
                LoopOf(spec.Slot.AppId).WakeAt(pause);
                break;
        }
    }

    [LoggerMessage(203, LogLevel.Warning, "The event stream of Docker Engine broke off, opening it again: {Reason}")]
    private partial void LogEngineLost(string reason);

    [LoggerMessage(204, LogLevel.Error, "Looking at app {AppId} failed; trying again")]
    private partial void LogPassFailed(Exception e, long appId);
}
