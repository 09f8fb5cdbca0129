namespace MiniPaaS.Router.Forwarding;

/// <summary>Counts public requests.</summary>
internal sealed class Traffic
{
    private long requests;
    private int inFlight;

    /// <summary>Answered since start.</summary>
    public long Requests => Volatile.Read(ref requests);

    /// <summary>Under way.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    public void Begin() => Interlocked.Increment(ref inFlight);

    public void End()
    {
        Interlocked.Increment(ref requests);
        Interlocked.Decrement(ref inFlight);
    }
}
