using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace MiniPaaS.Router.Routing;

/// <summary>A target out of rotation.</summary>
/// <param name="Reason">What it did.</param>
/// <param name="Since">When.</param>
internal sealed record SetAside(string Reason, DateTimeOffset Since);

/// <summary>One place that requests are sent to, and the count of those that are there now.</summary>
/// <remarks>
/// A request either gets a lease before the drain begins, and the drain waits for it, or is refused one and looks again:
/// so "drained" means that no request is there and none will come.
/// </remarks>
internal sealed class Target(string id, string name, EndPoint endPoint) : IDisposable
{
    private const int Draining = int.MinValue;
    private static int lastSerial;

    private readonly CancellationTokenSource aborted = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Sign bit: draining. The rest: leases.
    private int state;
    private int silences;
    private volatile SetAside? setAside;

    public string Id { get; } = id;

    public string Name { get; } = name;

    public EndPoint EndPoint { get; } = endPoint;

    /// <summary>An authority of its own per target, so that no pooled connection is ever reused for another container that was given
    /// the same address later.</summary>
    public string Url { get; } = $"http://target-{Interlocked.Increment(ref lastSerial)}/";

    public int InFlight => Volatile.Read(ref state) & ~Draining;

    public bool IsDraining => Volatile.Read(ref state) < 0;

    /// <summary>What identifies the target in a visitor's cookie, over restarts of the router, without telling the container's id.</summary>
    public string Ticket { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 8));

    /// <summary>Why it gets no requests while another target can have them, or null.</summary>
    public SetAside? Aside => setAside;

    /// <summary>Completes when draining has begun and no lease is held.</summary>
    public Task Drained => drained.Task;

    /// <summary>Ends the upgraded connections that outlived their grace.</summary>
    public CancellationToken Aborted => aborted.Token;

    public bool TryLease()
    {
        var seen = Volatile.Read(ref state);
        while (seen >= 0)
        {
            var before = Interlocked.CompareExchange(ref state, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref state) == Draining)
        {
            drained.TrySetResult();
        }
    }

    public void BeginDrain()
    {
        if (Interlocked.Or(ref state, Draining) is 0 or Draining)
        {
            drained.TrySetResult();
        }
    }

    public Task AbortAsync() => aborted.CancelAsync();

    /// <summary>Takes it out of rotation; false when it was already.</summary>
    public bool TrySetAside(string reason, DateTimeOffset now)
        => Interlocked.CompareExchange(ref setAside, new SetAside(reason, now), null) is null;

    /// <summary>Puts it back into rotation; one more silence sets it aside again until it has answered.</summary>
    public void Restore() => setAside = null;

    /// <summary>Counts a request that it did not answer in time; the number of those since it last answered.</summary>
    public int CountSilence() => Interlocked.Increment(ref silences);

    /// <summary>It answered.</summary>
    public void Answered()
    {
        if (silences != 0)
        {
            silences = 0;
        }
    }

    public void Dispose() => aborted.Dispose();
}
