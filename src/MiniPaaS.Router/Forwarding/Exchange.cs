using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.ObjectPool;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Forwarding;

/// <summary>What is known of one request for an app on its way through the router.</summary>
internal sealed class Exchange : IDisposable
{
    private static readonly ObjectPool<CancellationTokenSource> Clocks = new DefaultObjectPool<CancellationTokenSource>(new ClockPolicy(), 1024);

    private readonly CancellationTokenSource clock = Clocks.Get();
    private readonly long start = Stopwatch.GetTimestamp();
    private TimeSpan firstByte;
    private bool over;
    private ImmutableArray<CancellationTokenRegistration> endings = [];

    public required HttpContext Context { get; init; }

    public required AppSlot Slot { get; init; }

    public required Visitor Visitor { get; init; }

    /// <summary>Strict-Transport-Security of the answer, or null.</summary>
    public string? Hsts { get; set; }

    public bool HasBody => Context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    /// <summary>Dyno that has the request, or had it last.</summary>
    public Target? Target { get; private set; }

    /// <summary>Dynos that took no connection.</summary>
    public ImmutableArray<Target> Tried { get; set; } = [];

    /// <summary>Set by whoever opens a connection for this request.</summary>
    public TimeSpan Connect { get; set; }

    /// <summary>Bytes of the answer's body that came from the dyno.</summary>
    public long Bytes { get; set; }

    /// <summary>The visitor's new number in the draw for a canary, or null when he has one.</summary>
    public string? Draw { get; set; }

    /// <summary>Why it was not served, or null.</summary>
    public ErrorCode? Error { get; set; }

    /// <summary>The place among an app's concurrent requests; null without a limit and for upgraded connections.</summary>
    public RateLimitLease? Place { get; set; }

    /// <summary>False while a piece of the body waits for the dyno to take it: a silence then is the dyno's.</summary>
    public bool DynoReads { get; set; } = true;

    /// <summary>True once the answer has begun.</summary>
    public bool Answered { get; private set; }

    /// <summary>The app had its time and did not begin to answer.</summary>
    public bool TimedOut => !Answered && clock.IsCancellationRequested && !Context.RequestAborted.IsCancellationRequested;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(start);

    /// <summary>Ends the exchange with the dyno.</summary>
    public CancellationToken Ended => clock.Token;

    /// <summary>The request goes to a dyno, of which the caller holds a lease.</summary>
    public void Begin(Target target, TimeSpan timeout)
    {
        (Target, firstByte) = (target, timeout);
        if (!HasBody)
        {
            Sent();
        }
    }

    /// <summary>The dyno has the whole request.</summary>
    public void Sent()
    {
        // The answer may begin while the last of the body is still being sent, and the exchange may even end: then the clock is another's.
        lock (clock)
        {
            if (!Answered && !over)
            {
                clock.CancelAfter(firstByte);
            }
        }
    }

    /// <summary>The dyno answers.</summary>
    public void Answer()
    {
        lock (clock)
        {
            Answered = true;
            clock.CancelAfter(Timeout.InfiniteTimeSpan);
        }

        Target!.Answered();
    }

    /// <summary>The connection is an upgraded one from here on: it takes nobody's place.</summary>
    public void Upgraded()
    {
        Place?.Dispose();
        Place = null;
    }

    /// <summary>When the signal comes, ends the exchange gently, and breaks it off after some patience.</summary>
    public void EndOn(Action gently, TimeSpan patience, CancellationToken signal)
        => endings = endings.Add(signal.UnsafeRegister(
            _ =>
            {
                gently();
                clock.CancelAfter(patience);
            },
            null));

    public void Dispose()
    {
        foreach (var ending in endings)
        {
            ending.Dispose();
        }

        Place?.Dispose();
        lock (clock)
        {
            over = true;
        }

        Clocks.Return(clock);
    }

    private sealed class ClockPolicy : PooledObjectPolicy<CancellationTokenSource>
    {
        public override CancellationTokenSource Create() => new();

        public override bool Return(CancellationTokenSource obj)
        {
            if (obj.TryReset())
            {
                return true;
            }

            obj.Dispose();
            return false;
        }
    }
}
