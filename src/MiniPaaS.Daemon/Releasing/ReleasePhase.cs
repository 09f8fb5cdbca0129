using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Runs a release's command once, in a one-off dyno of the new slug. The container's name is fixed by the deployment, which
/// makes it at most once: after a crash of the daemon the same container is found again, running or ended.
/// </summary>
internal sealed class ReleasePhase(DockerClient docker, Settings settings, Sandboxes sandboxes, DynoOutput output, Runtimes runtimes, TimeProvider time)
{
    /// <summary>How long a release command may run.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromHours(1);

    /// <summary>Exit status of the command; 137 (killed) when it ran into the time limit.</summary>
    public async Task<int> RunAsync(Deployment deployment, Release release, string command, Action<string> line, CancellationToken ct)
    {
        var name = $"{settings.Namespace}-release-{deployment.Id}";
        var dyno = $"{Release.ReleasePhase}.{deployment.Id}";
        var details = await docker.InspectContainerAsync(name, ct);
        if (details is null)
        {
            await CreateAsync(name, dyno, release, command, ct);
            details = (await docker.InspectContainerAsync(name, ct))!;
        }

        try
        {
            return await FollowAsync(details, release.AppId, dyno, line, ct);
        }
        finally
        {
            // A daemon that stops leaves it running, for the next one to find.
            if (!ct.IsCancellationRequested)
            {
                await docker.RemoveContainerAsync(details.Id, ct);
                await sandboxes.RemoveAsync(details.Labels[DynoContainer.SandboxLabel], ct);
            }
        }
    }

    private async Task CreateAsync(string name, string dyno, Release release, string command, CancellationToken ct)
    {
        var sandbox = await sandboxes.TakeAsync(ct);
        try
        {
            var spec = DynoContainer.OneOff(release, dyno, command, sandbox, settings, runtimes.Mounts(release.Slug!));
            await docker.CreateContainerAsync(name, spec, ct);
        }
        catch
        {
            await sandboxes.RemoveAsync(sandbox.Id, CancellationToken.None);
            throw;
        }
    }

    private async Task<int> FollowAsync(ContainerDetails container, long appId, string dyno, Action<string> line, CancellationToken ct)
    {
        var unstarted = container.Status == "created";
        await using var stream = unstarted
            ? await docker.AttachAsync(container.Id, ct)
            : await docker.FollowLogsAsync(container.Id, since: null, follow: true, ct);
        var copied = output.CopyAsync(container.Id, stream, appId, dyno, line);
        if (unstarted)
        {
            await docker.StartContainerAsync(container.Id, ct);
        }

        var exit = docker.WaitContainerAsync(container.Id, ct);
        if (await Task.WhenAny(exit, Task.Delay(TimeLimit, time, ct)) != exit)
        {
            line($"The release command was ended: it ran longer than {TimeLimit.TotalMinutes:0} minutes.");
            await docker.KillContainerAsync(container.Id, "KILL", ct);
        }

        var status = await exit;
        await copied.WaitAsync(ct);
        return status;
    }
}
