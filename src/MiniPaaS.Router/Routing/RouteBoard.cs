using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Routing;

/// <summary>The routes in force and the only place that changes them. When a change returns, it is in force.</summary>
internal sealed class RouteBoard(RouterSettings settings, RouterMeters meters, TimeProvider time, ILogger<RouteBoard> log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, AppSlot> slots = new(StringComparer.Ordinal);
    private readonly List<Target> draining = [];
    private readonly Channel<bool> changes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile HostTable hosts = HostTable.Empty;
    private volatile bool synchronised;

    /// <summary>Read anew by every request.</summary>
    public HostTable Hosts => hosts;

    /// <summary>True once the whole of the routes was told, so that a host that is missing is known not to exist.</summary>
    public bool Synchronised => synchronised;

    /// <summary>Says that the routes changed since it was last read; many changes may be one item.</summary>
    public ChannelReader<bool> Changes => changes.Reader;

    public int Apps
    {
        get
        {
            lock (gate)
            {
                return slots.Count;
            }
        }
    }

    /// <summary>Targets that left their route and still have requests.</summary>
    public int Draining
    {
        get
        {
            lock (gate)
            {
                return draining.Count;
            }
        }
    }

    /// <summary>The slots of all apps, as they are now.</summary>
    public AppSlot[] Slots()
    {
        lock (gate)
        {
            return [.. slots.Values];
        }
    }

    /// <summary>Puts a route in force unless a newer, or another of its version, already is. Returns the version in force and whether
    /// it is that of <paramref name="route"/>.</summary>
    public (bool InForce, long Version) Apply(AppRoute route)
    {
        var start = time.GetTimestamp();
        lock (gate)
        {
            var known = slots.TryGetValue(route.App, out var slot) ? slot.Current.Route : null;
            if (known is not null && known.Version >= route.Version)
            {
                return (RouteCheck.SameContent(known, route), known.Version);
            }

            Install_NeedsLock(route);
            if (known is null || !known.Hosts.SequenceEqual(route.Hosts))
            {
                hosts = hosts.Rebuild(slots.Values, log);
            }

            Changed_NeedsLock();
            meters.Applied(time.GetElapsedTime(start));
            return (true, route.Version);
        }
    }

    /// <summary>Makes the snapshot the whole truth: whatever the versions were, and without the apps that it lacks.</summary>
    public void Load(RouteSnapshot snapshot)
    {
        lock (gate)
        {
            var kept = snapshot.Apps.Select(route => route.App).ToHashSet(StringComparer.Ordinal);
            foreach (var app in slots.Keys.Where(app => !kept.Contains(app)).ToArray())
            {
                Remove_NeedsLock(app);
            }

            foreach (var route in snapshot.Apps)
            {
                Install_NeedsLock(route);
            }

            hosts = hosts.Rebuild(slots.Values, log);
            synchronised = true;
            Changed_NeedsLock();
        }
    }

    public void Remove(string app)
    {
        lock (gate)
        {
            if (Remove_NeedsLock(app))
            {
                hosts = hosts.Rebuild(slots.Values, log);
                Changed_NeedsLock();
            }
        }
    }

    public RouteSnapshot Snapshot()
    {
        lock (gate)
        {
            return new RouteSnapshot(settings.BootId, [.. slots.Values.Select(slot => slot.Current.Route)]);
        }
    }

    /// <summary>Waits until no request holds the target, at most <paramref name="wait"/>. An unknown target is drained.</summary>
    public async Task<DrainStatus> WaitDrainedAsync(string targetId, TimeSpan wait, CancellationToken cancel)
    {
        var targets = Find(targetId);
        try
        {
            await Task.WhenAll(targets.Select(target => target.Drained)).WaitAsync(wait, time, cancel);
        }
        catch (TimeoutException)
        {
            // Not drained yet is an answer, not a failure.
        }

        return new DrainStatus(targets.All(target => target.Drained.IsCompleted), targets.Sum(target => target.InFlight));
    }

    /// <summary>Ends <see cref="Changes"/> after what is still in it.</summary>
    public void StopChanges() => changes.Writer.TryComplete();

    // More than one when a dyno left the route and came back before its old requests ended.
    private Target[] Find(string targetId)
    {
        lock (gate)
        {
            return [.. draining.Concat(slots.Values.SelectMany(slot => slot.Current.AllTargets)).Where(target => target.Id == targetId)];
        }
    }

    private void Install_NeedsLock(AppRoute route)
    {
        slots.TryGetValue(route.App, out var slot);
        var before = slot?.Current;
        Target[] known = before is null ? [] : [.. before.AllTargets];
        var live = new LiveRoute(
            route, Reuse(known, route.Targets), route.Split is { } split ? Reuse(known, split.Targets) : [], LimitsFor(route, before));
        if (slot is null)
        {
            slots.Add(route.App, new AppSlot(live));
            return;
        }

        // 1. Flip: from here on requests lease the new targets. 2. Only then refuse the old ones.
        slot.Flip(live);
        meters.Flipped();
        Drain_NeedsLock(known.Except(live.AllTargets));
    }

    // Leases are counted in the object: a dyno that stays must keep it.
    private static ImmutableArray<Target> Reuse(Target[] known, ImmutableArray<RouteTarget> wanted)
        => [.. wanted.Select(one => (Wanted: one, EndPoint: IPEndPoint.Parse(one.Address))).Select(one
            => known.FirstOrDefault(target => target.Id == one.Wanted.Id && target.EndPoint.Equals(one.EndPoint))
            ?? new Target(one.Wanted.Id, one.Wanted.Dyno, one.EndPoint))];

    private Limits LimitsFor(AppRoute route, LiveRoute? before)
    {
        var policy = route.Policy ?? RoutePolicy.Default;
        if (before is not null && Limits.SameFor(before.Policy, policy))
        {
            return before.Limits;
        }

        if (before is not null)
        {
            _ = before.Limits.RetireAsync(time);
        }

        return new Limits(policy);
    }

    private bool Remove_NeedsLock(string app)
    {
        if (!slots.Remove(app, out var slot))
        {
            return false;
        }

        // Requests that found the slot just before must find it empty, not holding refused targets for ever.
        var before = slot.Current;
        slot.Flip(new LiveRoute(before.Route with { Targets = [], Split = null, Web = WebState.None, Mode = RouteMode.Serve }, [], [], before.Limits));
        Drain_NeedsLock(before.AllTargets);
        return true;
    }

    private void Drain_NeedsLock(IEnumerable<Target> targets)
    {
        foreach (var target in targets)
        {
            draining.Add(target);
            target.BeginDrain();
            _ = FinishDrainAsync(target);
        }
    }

    private async Task FinishDrainAsync(Target target)
    {
        try
        {
            await target.Drained.WaitAsync(settings.UpgradeGrace, time);
        }
        catch (TimeoutException)
        {
            await target.AbortAsync();
            await target.Drained;
        }

        lock (gate)
        {
            draining.Remove(target);
        }

        meters.Drained();
        target.Dispose();
    }

    // Before the first snapshot the routes are a part of the truth; a mirror of them would be taken for the whole at the next start.
    private void Changed_NeedsLock()
    {
        if (synchronised)
        {
            changes.Writer.TryWrite(true);
        }
    }
}
