using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>What is in force for an app: its route, the live targets that the route names, and its limits.</summary>
internal sealed class LiveRoute(AppRoute route, ImmutableArray<Target> targets, ImmutableArray<Target> canary, Limits limits)
{
    private readonly TaskCompletionSource superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppRoute Route { get; } = route;

    public RoutePolicy Policy { get; } = route.Policy ?? RoutePolicy.Default;

    public ImmutableArray<Target> Targets { get; } = targets;

    /// <summary>Targets of the release that a part of the visitors is sent to.</summary>
    public ImmutableArray<Target> Canary { get; } = canary;

    public Limits Limits { get; } = limits;

    /// <summary>Completes when another route is in force.</summary>
    public Task Superseded => superseded.Task;

    public IEnumerable<Target> AllTargets => Targets.Concat(Canary);

    public void Supersede() => superseded.TrySetResult();

    /// <summary>
    /// The target that a sticky visitor knows, else the less loaded of two random ones; those set aside only when there is no
    /// other. Null when all that there are have been tried.
    /// </summary>
    public static Target? Pick(ImmutableArray<Target> among, string? ticket, IReadOnlyCollection<Target> tried)
    {
        if (ticket is not null)
        {
            foreach (var target in among)
            {
                if (target.Ticket == ticket && target.Aside is null && !tried.Contains(target))
                {
                    return target;
                }
            }
        }

        if (among is [var only])
        {
            return tried.Contains(only) ? null : only;
        }

        return PickTwo(among, tried);
    }

    private static Target? PickTwo(ImmutableArray<Target> among, IReadOnlyCollection<Target> tried)
    {
        if (among.IsEmpty)
        {
            return null;
        }

        var first = Random.Shared.Next(among.Length);
        var second = Random.Shared.Next(among.Length - 1);
        var (one, other) = (among[first], among[second < first ? second : second + 1]);
        if (one.Aside is null && other.Aside is null && tried.Count == 0)
        {
            return one.InFlight <= other.InFlight ? one : other;
        }

        // Rare: somebody is aside or was tried. The best of all: in rotation first, then the least loaded.
        return among.Where(target => !tried.Contains(target)).OrderBy(target => target.Aside is not null).ThenBy(target => target.InFlight)
            .FirstOrDefault();
    }
}
