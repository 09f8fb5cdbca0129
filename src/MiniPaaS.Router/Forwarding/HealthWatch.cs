using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Sockets;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Takes dynos that do not answer out of rotation, tries them with growing pauses, and puts them back.</summary>
internal sealed class HealthWatch(RouterSettings settings, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<HealthWatch> log)
{
    private const int SilencesTolerated = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseAfterSilence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Target, string> aside = new();

    /// <summary>Dynos out of rotation now.</summary>
    public ImmutableArray<UnhealthyTarget> Unhealthy =>
    [
        .. aside.Where(pair => !pair.Key.IsDraining).Select(pair => (App: pair.Value, Target: pair.Key, pair.Key.Aside))
            .Where(one => one.Aside is not null)
            .Select(one => new UnhealthyTarget(one.App, one.Target.Id, one.Target.Name, one.Aside!.Reason, one.Aside.Since)),
    ];

    /// <summary>A request failed at the target: a refused connection sets it aside at once, silence when it has become a habit.</summary>
    public void Note(Exchange exchange, Target target, ConnectFailedException? unreachable)
    {
        var reason = unreachable?.Message
            ?? (exchange.Error == ErrorCode.RequestTimeout && target.CountSilence() >= SilencesTolerated
                ? $"no answer within {settings.FirstByteTimeout.TotalSeconds:0} s"
                : null);
        if (reason is null || !target.TrySetAside(reason, time.GetUtcNow()))
        {
            return;
        }

        var app = exchange.Slot.Current.Route.App;
        log.SetAside(app, target.Name, target.EndPoint.ToString()!, reason);
        aside[target] = app;
        _ = RestoreAsync(app, target, silent: unreachable is null);
    }

    private async Task RestoreAsync(string app, Target target, bool silent)
    {
        try
        {
            var pause = silent ? PauseAfterSilence : FirstPause;
            do
            {
                await Task.Delay(pause, time, lifetime.ApplicationStopping);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            while (!target.IsDraining && !await AcceptsAsync(target));

            if (!target.IsDraining)
            {
                log.Restored(app, target.Name, target.EndPoint.ToString()!);
            }
        }
        catch (OperationCanceledException)
        {
            // The router stops.
        }
        finally
        {
            target.Restore();
            aside.TryRemove(target, out _);
        }
    }

    private async Task<bool> AcceptsAsync(Target target)
    {
        using var socket = new Socket(target.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(ConnectPatience, time);
        try
        {
            await socket.ConnectAsync(target.EndPoint, patience.Token);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
