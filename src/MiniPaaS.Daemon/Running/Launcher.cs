using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Running;

/// <summary>Starts dynos, and decides what it means when one ends by itself.</summary>
internal sealed class Launcher(DynoEngine engine, DynoOutput output, LogBook logs, TimeProvider time)
{
    /// <summary>Null when the dyno may start now, else how long it must wait; <see cref="TimeSpan.MaxValue"/> when it never may.</summary>
    public TimeSpan? PauseBefore(AppRows rows, AppDynos dynos, DynoSpec spec)
    {
        // A deployment that failed on its way is about to be given up; what serves is tried again, however often it fails.
        if (!IsServing(rows, spec.Slot.Deployment) && dynos.Failure(spec.Slot.Deployment) is not null)
        {
            return TimeSpan.MaxValue;
        }

        var now = time.GetUtcNow();
        return dynos.PausedCrash(spec.Slot, now) is { } crash ? crash.Until - now : null;
    }

    /// <summary>Starts a dyno in a fresh container; when that fails, it is noted as a crash.</summary>
    public async Task StartAsync(AppDynos dynos, DynoSpec spec, CancellationToken ct)
    {
        logs.Platform(spec.Slot.AppId, spec.Slot.Name, $"Starting process with command `{spec.Command}`");
        try
        {
            await engine.StartAsync(spec, ct);
        }
        catch (Docker.DockerException e)
        {
            logs.Platform(spec.Slot.AppId, spec.Slot.Name, $"The container could not be started: {e.Message}");
            dynos.Crashed(spec.Slot, "could not be started", TimeSpan.Zero, time.GetUtcNow());
            dynos.Fail(spec.Slot.Deployment, $"{spec.Slot.Name} could not be started: {e.Message}", lastLines: []);
        }
    }

    /// <summary>Notes that a dyno ended by itself: its deployment fails, or its place is filled again after a pause.</summary>
    public async Task EndedAsync(AppRows rows, AppDynos dynos, Dyno dyno, CancellationToken ct)
    {
        var (status, outOfMemory) = await engine.ExitAsync(dyno, ct);
        await output.FinishAsync(dyno.Id, ct);
        var reason = outOfMemory ? "ran out of memory (error R14/R15, limit 512 MB) and was ended" : $"exited with status {status}";
        logs.Platform(dyno.Slot.AppId, dyno.Slot.Name, $"Process {reason}. State changed from up to crashed");
        if (rows.Open is { } open && open.Id == dyno.Slot.Deployment && !IsServing(rows, open.Id))
        {
            dynos.Fail(open.Id, $"{dyno.Slot.Name} {reason} before it answered on its port.", output.Tail(dyno.Id));
            return;
        }

        var pause = dynos.Crashed(dyno.Slot, reason, time.GetUtcNow() - dyno.Since, time.GetUtcNow());
        logs.Platform(
            dyno.Slot.AppId, dyno.Slot.Name, pause == TimeSpan.Zero ? "Restarting in a fresh container" : $"Restarting in {pause.TotalSeconds:0} seconds");
    }

    private static bool IsServing(AppRows rows, long deployment) => deployment == rows.App.LiveDeployment || deployment == rows.Canary?.Deployment;
}
