using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>What is in force for an app: its route and the live targets that the route names.</summary>
internal sealed record LiveRoute(AppRoute Route, ImmutableArray<Target> Targets)
{
    /// <summary>The less loaded of two random targets, or null when there is none but <paramref name="except"/>.</summary>
    public Target? Pick(Target? except)
    {
        if (Targets.Length < 2)
        {
            return Targets is [var only] && only != except ? only : null;
        }

        var first = Random.Shared.Next(Targets.Length);
        var second = Random.Shared.Next(Targets.Length - 1);
        var (one, other) = (Targets[first], Targets[second < first ? second : second + 1]);
        if (one == except || other == except)
        {
            return one == except ? other : one;
        }

        return one.InFlight <= other.InFlight ? one : other;
    }
}

/// <summary>The holder that all hosts of an app share: a flip is one write to it, whatever the number of hosts.</summary>
internal sealed class AppSlot(LiveRoute first)
{
    private volatile LiveRoute current = first;

    public LiveRoute Current
    {
        get => current;
        set => current = value;
    }

    /// <summary>Takes a lease on a target of the route in force; the caller must release it. Null when none can serve.</summary>
    public Target? Lease(Target? except)
    {
        while (Current is { Route.Mode: RouteMode.Serve } live && live.Pick(except) is { } target)
        {
            // Refused only in the instant after a flip: then the slot already holds the next route.
            if (target.TryLease())
            {
                return target;
            }
        }

        return null;
    }
}
