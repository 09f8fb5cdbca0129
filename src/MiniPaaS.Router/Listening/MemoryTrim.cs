using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Listening;

/// <summary>Gives back to the system what a crowd of visitors took, once it has left: the runtime collects only while there is work to
/// do, and a router without visitors would keep for ever what thousands needed.</summary>
internal sealed class MemoryTrim(RouterMeters meters, Traffic traffic, TimeProvider time) : BackgroundService
{
    // Fewer connections leave nothing that is worth the pause.
    private const int Crowd = 2000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private int most;

    /// <summary>Whether most of a crowd has left and nobody waits for an answer, whom the pause would delay.</summary>
    /// <param name="connections">Open public connections.</param>
    /// <param name="requests">Public requests under way.</param>
    public bool IsDue(int connections, int requests)
    {
        most = Math.Max(most, connections);
        if (most < Crowd || connections > most / 4 || requests > 0)
        {
            return false;
        }

        most = connections;
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var clock = new PeriodicTimer(LookEvery, time);
        while (await clock.WaitForNextTickAsync(stoppingToken))
        {
            if (IsDue(meters.Connections, traffic.InFlight))
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }
    }
}
