using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>What became of the deployments of this process; counted from its start.</summary>
internal sealed class DeploymentFigures
{
    private long succeeded;
    private long failed;
    private long lastTicks = -1;

    public long Succeeded => Volatile.Read(ref succeeded);

    public long Failed => Volatile.Read(ref failed);

    /// <summary>How long the last one took, or null before the first. The time that a canary waits for a word does not count.</summary>
    public TimeSpan? Last => Volatile.Read(ref lastTicks) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>A deployment has ended; <paramref name="took"/> is null for one that was a canary.</summary>
    public void Ended(Deployment deployment, TimeSpan? took)
    {
        Interlocked.Increment(ref deployment.Succeeded ? ref succeeded : ref failed);
        Took(took);
    }

    /// <summary>A deployment has come to its end, or to where it waits as a canary.</summary>
    public void Took(TimeSpan? time)
    {
        if (time is { } value)
        {
            Volatile.Write(ref lastTicks, value.Ticks);
        }
    }
}
