using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Daemon.Running;

/// <summary>Puts web dynos through the health gate, each once in its life.</summary>
internal sealed class DynoChecks(HealthGate gate, DynoEngine engine, DynoOutput output, LogBook logs, TimeProvider time)
{
    /// <summary>Takes up a dyno that ran before the daemon did: its output, and its place in the routes when it listens.</summary>
    public async Task AdoptAsync(AppDynos dynos, Dyno dyno, bool live, CancellationToken ct)
    {
        var since = logs.Of(dyno.Slot.AppId).LastWrite ?? time.GetUtcNow();
        await output.ResumeAsync(dyno.Id, dyno.Slot.AppId, dyno.Slot.Name, since, ct);
        if (live && dyno.IsWeb && await gate.ListensAsync(dyno, ct))
        {
            dynos.Check(dyno, Task.FromResult<string?>(null));
        }
    }

    /// <summary>Starts the check of a new dyno; the outcome is found in <paramref name="dynos"/>.</summary>
    public void Begin(AppDynos dynos, Dyno dyno, DynoSpec spec, string host, Action wake, CancellationToken ct)
    {
        var check = CheckAsync(dynos, dyno, spec, host, ct);
        dynos.Check(dyno, check);
        _ = check.ContinueWith(
            _ =>
            {
                dynos.CheckEnded();
                wake();
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private async Task<string?> CheckAsync(AppDynos dynos, Dyno dyno, DynoSpec spec, string host, CancellationToken ct)
    {
        await Task.Yield();
        var reason = await ReasonAsync(dyno, spec, host, ct);
        if (reason is null)
        {
            logs.Platform(dyno.Slot.AppId, dyno.Slot.Name, "State changed from starting to up");
            return null;
        }

        logs.Platform(dyno.Slot.AppId, dyno.Slot.Name, reason);
        dynos.Fail(dyno.Slot.Deployment, reason, output.Tail(dyno.Id));
        await engine.KillAsync(dyno, ct);
        return reason;
    }

    private async Task<string?> ReasonAsync(Dyno dyno, DynoSpec spec, string host, CancellationToken ct)
    {
        try
        {
            return await gate.PassAsync(dyno, host, HealthChecks.Parse(spec.Release.Slug!.Healthchecks), ct);
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
