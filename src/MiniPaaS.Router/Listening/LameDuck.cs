using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Listening;

/// <summary>The time between the wish that this router ends and its end: it takes no new connection, serves the open ones and asks
/// them to go, so that a successor on the same ports gets every visitor and none sees a broken connection.</summary>
/// <remarks>Kestrel's own stop closes idle kept-alive connections at once, under requests that are on their way; hence this before it.</remarks>
internal sealed class LameDuck(
    RouterSettings settings,
    FrontDoor door,
    Upgrades upgrades,
    Traffic traffic,
    Goodbye goodbye,
    RouterMeters meters,
    TimeProvider time,
    ILogger<LameDuck> log) : IHostedLifecycleService, IDisposable
{
    /// <summary>From the first wish to the end of whatever is still under way.</summary>
    public static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    // What Kestrel gets of it, to close what is left.
    private static readonly TimeSpan ForTheRest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    // Shells and `timeout` deliver one wish to a process and its group, which makes it two signals.
    private static readonly TimeSpan OneWish = TimeSpan.FromMilliseconds(300);

    private readonly List<PosixSignalRegistration> signals = [];
    private long firstWish;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes a second SIGTERM or SIGINT end the process at once. For the program; a router inside a test leaves signals alone.</summary>
    public void HeedSignals()
    {
        signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
    }

    /// <summary>Closes the ports, then waits until nobody is left or those who are left have said nothing for a while.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        goodbye.Leaving = true;
        door.Close();
        log.Stopping((int)LongestStop.TotalSeconds);
        if (settings.LameDuck == TimeSpan.Zero)
        {
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = EndUpgradesAsync(over.Token);
        await WaitForQuietAsync(cancellationToken);
        await over.CancelAsync();
    }

    public void Dispose()
    {
        foreach (var signal in signals)
        {
            signal.Dispose();
        }
    }

    private async Task WaitForQuietAsync(CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var (quietSince, seen) = (began, traffic.Requests);
        while (meters.Connections > 0 && time.GetElapsedTime(began) < LongestStop - ForTheRest && !cancel.IsCancellationRequested)
        {
            if (traffic.InFlight > 0 || traffic.Requests != seen)
            {
                (quietSince, seen) = (time.GetTimestamp(), traffic.Requests);
            }

            if (time.GetElapsedTime(quietSince) >= settings.LameDuck)
            {
                break;
            }

            await Task.Delay(LookEvery, time, CancellationToken.None);
        }

        log.LameDuckOver(time.GetElapsedTime(began).TotalSeconds, meters.Connections);
    }

    private async Task EndUpgradesAsync(CancellationToken cancel)
    {
        await Task.Delay(settings.UpgradeGrace, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancel.IsCancellationRequested)
        {
            await upgrades.EndAsync();
        }
    }

    private void OnSignal(PosixSignalContext signal)
    {
        var now = time.GetTimestamp();
        var first = Interlocked.CompareExchange(ref firstWish, now, 0);
        if (first != 0 && time.GetElapsedTime(first, now) > OneWish)
        {
            log.EndingAtOnce();
            File.Delete(settings.AdminSocket);
            Environment.Exit(128 + 15);
        }
    }
}
