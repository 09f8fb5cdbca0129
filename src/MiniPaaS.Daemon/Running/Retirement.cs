using System.Collections.Concurrent;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;

namespace MiniPaaS.Daemon.Running;

/// <summary>Ends dynos without losing a request: routers let go of them first, then SIGTERM, the grace, SIGKILL.</summary>
internal sealed partial class Retirement(DynoEngine engine, RouterLink routers, LogBook logs, ILogger<Retirement> log)
{
    /// <summary>How long requests under way may take to finish.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Task> under = new();

    /// <summary>Starts ending a dyno that is in no route any more; the callback says whether it is gone or must be tried again.</summary>
    public void Begin(Dyno dyno, Action<bool> done) =>
        under[dyno.Id] = RetireAsync(dyno, done);

    private async Task RetireAsync(Dyno dyno, Action<bool> done)
    {
        await Task.Yield();
        var gone = false;
        try
        {
            if (dyno is { IsWeb: true, Running: true })
            {
                await routers.DrainAsync(dyno.Id, DrainDeadline, CancellationToken.None);
            }

            if (dyno.Running)
            {
                logs.Platform(dyno.Slot.AppId, dyno.Slot.Name, "Stopping all processes with SIGTERM");
            }

            await engine.StopAsync(dyno, CancellationToken.None);
            gone = true;
        }
        catch (Docker.DockerException e)
        {
            LogNotRemoved(dyno.Id, e.Message);
        }
        finally
        {
            under.TryRemove(dyno.Id, out _);
            done(gone);
        }
    }

    [LoggerMessage(205, LogLevel.Warning, "Container {Id} could not be removed: {Reason}")]
    private partial void LogNotRemoved(string id, string reason);
}
