using System.Net;
using System.Threading.RateLimiting;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>The limits of one app; they keep their counts until the policy changes them.</summary>
internal sealed class Limits
{
    /// <summary>No limit but that of the queue.</summary>
    public static readonly Limits None = new(RoutePolicy.Default);

    private readonly ConcurrencyLimiter? concurrency;
    private readonly TokenBucketRateLimiter? rate;
    private readonly PartitionedRateLimiter<IPAddress>? clientRate;
    private readonly int maxQueued;
    private int queued;

    public Limits(RoutePolicy policy)
    {
        maxQueued = policy.MaxQueued;
        if (policy.MaxConcurrent > 0)
        {
            concurrency = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = policy.MaxConcurrent, QueueLimit = maxQueued });
        }

        if (policy.RequestsPerSecond > 0)
        {
            rate = new TokenBucketRateLimiter(PerSecond(policy.RequestsPerSecond));
        }

        if (policy.ClientRequestsPerSecond > 0)
        {
            clientRate = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
                client => RateLimitPartition.GetTokenBucketLimiter(client, _ => PerSecond(policy.ClientRequestsPerSecond)));
        }
    }

    /// <summary>Requests that wait now.</summary>
    public int Queued => Volatile.Read(ref queued) + (int)(concurrency?.GetStatistics()?.CurrentQueuedCount ?? 0);

    public static bool SameFor(RoutePolicy one, RoutePolicy other)
        => (one.MaxConcurrent, one.MaxQueued, one.RequestsPerSecond, one.ClientRequestsPerSecond)
            == (other.MaxConcurrent, other.MaxQueued, other.RequestsPerSecond, other.ClientRequestsPerSecond);

    /// <summary>Whether one more request of this client is within the rates.</summary>
    public bool WithinRate(IPAddress? client)
    {
        if (clientRate is not null && client is not null)
        {
            using var lease = clientRate.AttemptAcquire(client);
            if (!lease.IsAcquired)
            {
                return false;
            }
        }

        using var own = rate?.AttemptAcquire();
        return own is not { IsAcquired: false };
    }

    /// <summary>A place among the concurrent requests, waited for in order of arrival; null without a limit.</summary>
    /// <exception cref="BacklogException">As many as may wait already do.</exception>
    public async ValueTask<RateLimitLease?> EnterAsync(CancellationToken cancel)
    {
        if (concurrency is null)
        {
            return null;
        }

        var lease = await concurrency.AcquireAsync(1, cancel);
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        throw new BacklogException();
    }

    /// <summary>Waits for a change of the route, at most as long as given; false when that time is over.</summary>
    /// <exception cref="BacklogException">As many as may wait already do.</exception>
    public async Task<bool> ParkAsync(Task change, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        if (patience <= TimeSpan.Zero)
        {
            return false;
        }

        if (Interlocked.Increment(ref queued) > maxQueued)
        {
            Interlocked.Decrement(ref queued);
            throw new BacklogException();
        }

        try
        {
            await change.WaitAsync(patience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref queued);
        }
    }

    /// <summary>Stops the clocks of a set of limits that no new request will meet.</summary>
    public async Task RetireAsync(TimeProvider time)
    {
        // Requests that read the route just before still ask.
        await Task.Delay(TimeSpan.FromMinutes(1), time, CancellationToken.None);
        rate?.Dispose();
        clientRate?.Dispose();
    }

    // Often and little, so that a client below its rate is not refused for coming early in a period.
    private static TokenBucketRateLimiterOptions PerSecond(int requests)
    {
        var tokens = Math.Max(1, requests / 100);
        return new()
        {
            TokenLimit = requests,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)tokens / requests),
            QueueLimit = 0,
        };
    }
}

/// <summary>More requests wait than may.</summary>
internal sealed class BacklogException : Exception
{
    public BacklogException()
        : base("Backlog too deep")
    {
    }

    public BacklogException(string message)
        : base(message)
    {
    }

    public BacklogException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
