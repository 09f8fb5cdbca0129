using System.Collections.Concurrent;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The builds that wait or run, so that somebody else than their pusher can end them.</summary>
internal sealed class RunningBuilds
{
    private readonly ConcurrentDictionary<long, RunningBuild> builds = new();

    /// <summary>Enters a build; dispose the result when it has ended.</summary>
    /// <param name="id">Number of the build.</param>
    /// <param name="appId">App it is for.</param>
    /// <param name="ct">Ends it as well.</param>
    public RunningBuild Enter(long id, long appId, CancellationToken ct) => builds[id] = new RunningBuild(this, id, appId, ct);

    /// <summary>Ends a build of an app; false when none of that number is under way.</summary>
    public bool Cancel(long appId, long id, string user) =>
        builds.TryGetValue(id, out var build) && build.AppId == appId && build.TryCancel($"Build {id} was cancelled by {user}.", waitingOnly: false);

    /// <summary>Ends those builds of an app that wait for others: a newer push makes them pointless.</summary>
    public void Supersede(long appId, string commit)
    {
        foreach (var build in builds.Values.Where(build => build.AppId == appId))
        {
            build.TryCancel($"A newer push{(commit.Length < 8 ? "" : $" ({commit[..8]})")} has taken the place of this one, which was still waiting to be built.", waitingOnly: true);
        }
    }

    internal void Leave(long id) => builds.TryRemove(id, out _);
}

/// <summary>A build that waits or runs.</summary>
internal sealed class RunningBuild : IDisposable
{
    private enum State
    {
        Waiting,
        Building,
        Complete,
    }

    private readonly Lock gate = new();
    private readonly RunningBuilds owner;
    private readonly CancellationTokenSource canceling;
    private State state = State.Building;

    public RunningBuild(RunningBuilds owner, long id, long appId, CancellationToken ct)
    {
        this.owner = owner;
        Id = id;
        AppId = appId;
        canceling = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Canceled = canceling.Token;
    }

    /// <summary>Number of the build.</summary>
    public long Id { get; }

    /// <summary>App it is for.</summary>
    public long AppId { get; }

    /// <summary>Cancelled when somebody ends the build, or its pusher leaves.</summary>
    public CancellationToken Canceled { get; }

    /// <summary>Why somebody ended it; null while nobody did.</summary>
    public string? Reason { get; private set; }

    /// <summary>Others go first: a newer push may take its place.</summary>
    public void Wait() => Advance(State.Waiting);

    /// <summary>Its turn has come.</summary>
    public void Begin() => Advance(State.Building);

    /// <summary>It has ended by itself, and cannot be cancelled any more.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public void Complete() => Advance(State.Complete);

    internal bool TryCancel(string reason, bool waitingOnly)
    {
        lock (gate)
        {
            if (Reason is not null || state == State.Complete || (waitingOnly && state != State.Waiting))
            {
                return false;
            }

            Reason = reason;
        }

        try
        {
            canceling.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended in this moment.
        }

        return true;
    }

    private void Advance(State next)
    {
        lock (gate)
        {
            if (Reason is not null)
            {
                throw new OperationCanceledException(Reason);
            }

            state = next;
        }
    }

    public void Dispose()
    {
        owner.Leave(Id);
        lock (gate)
        {
            state = State.Complete;
        }

        canceling.Dispose();
    }
}
