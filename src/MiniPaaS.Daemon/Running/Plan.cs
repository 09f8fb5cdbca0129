using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Running;

/// <summary>What to do so that the observed dynos become the desired ones.</summary>
/// <param name="Start">Dynos that nothing runs for.</param>
/// <param name="Retire">Running dynos that nobody wants: unroute, drain, stop.</param>
/// <param name="Crashed">Dynos that are wanted but have exited: remove, then start again in a fresh container.</param>
/// <param name="Discard">Containers that never ran or that nobody wants any more and have exited.</param>
internal sealed record Plan(
    ImmutableArray<DynoSpec> Start,
    ImmutableArray<Dyno> Retire,
    ImmutableArray<Dyno> Crashed,
    ImmutableArray<Dyno> Discard)
{
    public static Plan Of(ImmutableArray<DynoSpec> desired, ImmutableArray<Dyno> observed)
    {
        var wanted = desired.ToDictionary(d => d.Slot);
        var retire = ImmutableArray.CreateBuilder<Dyno>();
        var crashed = ImmutableArray.CreateBuilder<Dyno>();
        var discard = ImmutableArray.CreateBuilder<Dyno>();
        var filled = new HashSet<DynoSlot>();
        // A running container fills its slot before an exited one of the same slot is looked at.
        foreach (var dyno in observed.OrderByDescending(d => d.Running).ThenBy(d => d.Since))
        {
            var isWanted = wanted.ContainsKey(dyno.Slot);
            if (dyno.Running && isWanted && filled.Add(dyno.Slot))
            {
                continue;
            }

            (dyno.Running ? retire : isWanted && !dyno.Fresh ? crashed : discard).Add(dyno);
        }

        return new Plan(
            [.. desired.Where(d => !filled.Contains(d.Slot))],
            retire.ToImmutable(),
            crashed.ToImmutable(),
            discard.ToImmutable());
    }
}
