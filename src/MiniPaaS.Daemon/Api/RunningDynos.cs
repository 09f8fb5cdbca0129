using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Words what is known of dynos: what should run, what does, and what routers say of it.</summary>
internal sealed class RunningDynos(
    Database database, Reconciler reconciler, RouterWatch routers, ResourceIds ids, AppDescription apps, ReleaseDescription releases, TimeProvider time)
{
    /// <summary>All states that a dyno can be in.</summary>
    public static readonly ImmutableArray<string> States = ["starting", "up", "unresponsive", "crashed", "stopping"];

    public ImmutableArray<Dyno> Observed(long appId) => reconciler.DynosOf(appId).Observed;

    /// <summary>Every dyno of an app that is wanted, then those on their way out.</summary>
    public ImmutableArray<DynoInfo> Of(long appId)
    {
        if (database.Read(db => AppRows.Read(db, appId)) is not { } rows)
        {
            return [];
        }

        var desired = Desired.Of(rows);
        var slots = desired.Select(d => d.Slot).ToHashSet();
        var leaving = Observed(appId).Where(d => d.Running && !slots.Contains(d.Slot))
            .Select(d => Describe(rows.App, d.Slot, d, d.Release, "stopping", command: "", d.Since));
        return [.. Wanted(rows.App, desired), .. leaving];
    }

    /// <summary>True when the dyno is meant: by its name, its uuid or its process type.</summary>
    public bool IsNamed(Dyno dyno, string text) =>
        dyno.Slot.Name == text || dyno.Slot.ProcessType == text || ResourceIds.Same(IdOf(dyno.Slot, dyno), text);

    /// <summary>How an app stands with canaries, or null when it is gone.</summary>
    public CanaryInfo? Canary(long appId)
    {
        if (database.Read(db => AppRows.Read(db, appId)) is not { } rows)
        {
            return null;
        }

        var percent = rows.Traffic.NumberOf(RoutingRule.Canary);
        return rows is { Canary: { } canary, Open: { } open, Opening: { } release }
            ? new CanaryInfo(percent, new OpenCanary(
                canary.Release,
                rows.App.LiveRelease ?? 0,
                canary.Percent,
                release.Description,
                open.StartedAt,
                Wanted(rows.App, [.. Desired.Of(rows).Where(d => d.Slot.Deployment == canary.Deployment)]),
                Releasing.Canaries.Problem(rows, reconciler.DynosOf(appId), time.GetUtcNow())))
            : new CanaryInfo(percent, null);
    }

    private ImmutableArray<DynoInfo> Wanted(App app, ImmutableArray<DynoSpec> desired)
    {
        var (dynos, now) = (reconciler.DynosOf(app.Id), time.GetUtcNow());
        var running = dynos.Observed.Where(d => d.Running).ToLookup(d => d.Slot);
        return
        [
            .. desired.Select(spec => (Spec: spec, Dyno: running[spec.Slot].FirstOrDefault())).Select(one => Describe(
                app, one.Spec.Slot, one.Dyno, one.Spec.Release.Number, State(dynos, one.Spec.Slot, one.Dyno, now), one.Spec.Command, one.Dyno?.Since ?? now)),
        ];
    }

    private DynoInfo Describe(App app, DynoSlot slot, Dyno? dyno, int release, string state, string command, DateTimeOffset since) => new()
    {
        Id = IdOf(slot, dyno),
        Name = slot.Name,
        App = apps.Reference(app),
        Command = command,
        CreatedAt = since,
        Release = releases.Reference(app.Id, release),
        Size = Places.SizeName,
        State = state,
        Type = slot.ProcessType,
        UpdatedAt = since,
    };

    // Until it has a container, a dyno is known by its place.
    private string IdOf(DynoSlot slot, Dyno? dyno) =>
        ids.Named(ResourceKind.Dyno, $"{slot.AppId}", $"{slot.Deployment}", slot.Name, dyno?.Id ?? "");

    private string State(AppDynos dynos, DynoSlot slot, Dyno? dyno, DateTimeOffset now) =>
        dyno is null ? dynos.PausedCrash(slot, now) is null ? "starting" : "crashed"
        : !dynos.IsUp(dyno) ? "starting"
        : routers.Unresponsive.ContainsKey(dyno.Id) ? "unresponsive"
        : "up";
}
