using System.Collections.Immutable;
using MiniPaaS.Daemon.Routing;

namespace MiniPaaS.Daemon.Running;

/// <summary>What is known of one app's dynos beyond what the engine shows: gone with the daemon, and found again by looking.</summary>
internal sealed class AppDynos
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task<string?>> checks = [];
    private readonly HashSet<string> retiring = [];
    private readonly Dictionary<DynoSlot, Crash> crashes = [];
    private readonly Dictionary<long, DeploymentFailure> failures = [];
    private long asked;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The last observation.</summary>
    public ImmutableArray<Dyno> Observed { get; private set; } = [];

    /// <summary>Deployment whose dynos every router now serves.</summary>
    public long? Routed { get; private set; }

    /// <summary>The last call of <see cref="Ask"/> that a pass has seen.</summary>
    public long Asked
    {
        get
        {
            lock (gate)
            {
                return asked;
            }
        }
    }

    /// <summary>What was true at that call of <see cref="Ask"/>, and all before it, is in force on every router.</summary>
    public long InForce { get; private set; }

    /// <summary>Completes at the next change of anything here; take it before looking.</summary>
    public Task Changed
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

    public void Observe(ImmutableArray<Dyno> observed) => Change(() =>
    {
        Observed = observed;
        var present = observed.Select(d => d.Id).ToHashSet();
        foreach (var gone in checks.Keys.Where(id => !present.Contains(id)).ToArray())
        {
            checks.Remove(gone);
            retiring.Remove(gone);
        }
    });

    /// <summary>True for the dyno's first check: the caller starts it with <see cref="Check"/>.</summary>
    public bool NeedsCheck(Dyno dyno)
    {
        lock (gate)
        {
            return !checks.ContainsKey(dyno.Id);
        }
    }

    public void Check(Dyno dyno, Task<string?> check) => Change(() => checks[dyno.Id] = check);

    public void CheckEnded() => Change(() => { });

    public void Route(long? deployment) => Change(() => Routed = deployment);

    /// <summary>Asks for what was committed before to be brought to the routers; done when <see cref="InForce"/> reaches the answer.</summary>
    public long Ask()
    {
        lock (gate)
        {
            return ++asked;
        }
    }

    public void PutInForce(long seen)
    {
        if (seen > InForce)
        {
            Change(() => InForce = seen);
        }
    }

    /// <summary>False when the dyno is already on its way out.</summary>
    public bool Retire(Dyno dyno)
    {
        lock (gate)
        {
            return retiring.Add(dyno.Id);
        }
    }

    /// <summary>Its removal failed: the next pass tries again.</summary>
    public void RetireAgain(Dyno dyno)
    {
        lock (gate)
        {
            retiring.Remove(dyno.Id);
        }
    }

    public bool IsRetiring(Dyno dyno)
    {
        lock (gate)
        {
            return retiring.Contains(dyno.Id);
        }
    }

    public bool IsUp(Dyno dyno)
    {
        lock (gate)
        {
            return dyno.Running && (!dyno.IsWeb || (checks.TryGetValue(dyno.Id, out var check) && check is { IsCompletedSuccessfully: true, Result: null }));
        }
    }

    /// <summary>Web dynos that passed their checks and still run.</summary>
    public IEnumerable<ServingDyno> Serving() =>
        Observed.Where(d => d.IsWeb && IsUp(d))
            .Select(d => new ServingDyno(d.Id, d.Slot.Deployment, d.Slot.Name, d.Slot.Ordinal, d.Address));

    /// <summary>Notes that a dyno ended by itself and returns how long to wait before the next one: nothing at first, then ever longer.</summary>
    public TimeSpan Crashed(DynoSlot slot, string reason, TimeSpan lived, DateTimeOffset now)
    {
        var pause = TimeSpan.Zero;
        Change(() =>
        {
            var before = lived < TimeSpan.FromMinutes(5) && crashes.TryGetValue(slot, out var last) ? last.Count : 0;
            pause = before == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(600, 5 * Math.Pow(2, before - 1)));
            crashes[slot] = new Crash(before + 1, now + pause, reason);
        });
        return pause;
    }

    /// <summary>The crash whose pause is not over, or null.</summary>
    public Crash? PausedCrash(DynoSlot slot, DateTimeOffset now)
    {
        lock (gate)
        {
            return crashes.TryGetValue(slot, out var crash) && crash.Until > now ? crash : null;
        }
    }

    /// <summary>Notes the first reason why a deployment cannot go live.</summary>
    public void Fail(long deployment, string reason, ImmutableArray<string> lastLines) =>
        Change(() => failures.TryAdd(deployment, new DeploymentFailure(reason, lastLines)));

    public DeploymentFailure? Failure(long deployment)
    {
        lock (gate)
        {
            return failures.GetValueOrDefault(deployment);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            change();
            before = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }
}

/// <summary>Why a deployment cannot go live.</summary>
/// <param name="Reason">One sentence for the app's developer.</param>
/// <param name="LastLines">What the dyno in question printed last.</param>
internal sealed record DeploymentFailure(string Reason, ImmutableArray<string> LastLines);

/// <summary>A dyno that ended by itself.</summary>
/// <param name="Count">How many times in a row.</param>
/// <param name="Until">When the next one may start.</param>
/// <param name="Reason">How it ended.</param>
internal sealed record Crash(int Count, DateTimeOffset Until, string Reason);
