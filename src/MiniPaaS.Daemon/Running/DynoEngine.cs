using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// The boundary to Docker: starts, stops and observes dynos. It remembers nothing: what it says of a dyno is read from
/// the container's labels.
/// </summary>
internal sealed class DynoEngine(DockerClient docker, Settings settings, Sandboxes sandboxes, DynoOutput output, Runtimes runtimes)
{
    /// <summary>Heroku's grace between SIGTERM and SIGKILL.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>All dynos of an app, whatever their state.</summary>
    public async Task<ImmutableArray<Dyno>> ObserveAsync(long appId, CancellationToken ct)
    {
        var containers = await docker.ListContainersAsync([.. OfThisInstance("dyno"), $"{DynoContainer.AppLabel}={appId}"], ct);
        return [.. containers.Where(IsOwn).Select(Read)];
    }

    /// <summary>Apps that have dynos, whether or not they still exist.</summary>
    public async Task<ImmutableArray<long>> AppsAsync(CancellationToken ct)
    {
        var containers = await docker.ListContainersAsync(OfThisInstance("dyno"), ct);
        return [.. containers.Where(IsOwn).Select(c => Number(c, DynoContainer.AppLabel)).Distinct()];
    }

    /// <summary>Makes and starts a fresh container; its output is attached before it starts, so that no line is lost.</summary>
    public async Task<string> StartAsync(DynoSpec dyno, CancellationToken ct)
    {
        var sandbox = await sandboxes.TakeAsync(ct);
        var suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        var name = $"{settings.Namespace}-{dyno.AppName}-{dyno.Release.Version}-{dyno.Slot.Name}-{suffix}";
        var id = "";
        try
        {
            id = await docker.CreateContainerAsync(name, DynoContainer.Of(dyno, sandbox, settings, runtimes.Mounts(dyno.Release.Slug!)), ct);
            await output.AttachAsync(id, dyno.Slot.AppId, dyno.Slot.Name, ct);
            await docker.StartContainerAsync(id, ct);
            return id;
        }
        catch
        {
            if (id.Length > 0)
            {
                await docker.RemoveContainerAsync(id, CancellationToken.None);
            }

            await sandboxes.RemoveAsync(sandbox.Id, CancellationToken.None);
            throw;
        }
    }

    /// <summary>SIGTERM, the grace, SIGKILL; then the container and its network are gone. Safe to repeat.</summary>
    public async Task StopAsync(Dyno dyno, CancellationToken ct)
    {
        if (dyno.Running)
        {
            await docker.StopContainerAsync(dyno.Id, Grace, ct);
        }

        await output.FinishAsync(dyno.Id, ct);
        await docker.RemoveContainerAsync(dyno.Id, ct);
        output.Forget(dyno.Id);
        await sandboxes.RemoveAsync(dyno.SandboxId, ct);
    }

    /// <summary>Exit status of a container that has ended, and whether the kernel ended it for want of memory.</summary>
    public async Task<(int Status, bool OutOfMemory)> ExitAsync(Dyno dyno, CancellationToken ct) =>
        await docker.InspectContainerAsync(dyno.Id, ct) is { } details
            ? (details.ExitCode, details.OomKilled)
            : (-1, false);

    public Task KillAsync(Dyno dyno, CancellationToken ct) => docker.KillContainerAsync(dyno.Id, "KILL", ct);

    /// <summary>Apps whose dynos have started or ended, as it happens; 0 when the stream was (re)opened and all must be looked at.</summary>
    public async IAsyncEnumerable<long> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var change in docker.WatchEventsAsync(OfThisInstance("dyno"), ct))
        {
            if (change.Action == EngineEvent.Connected)
            {
                yield return 0;
            }
            else if (change.Action is "die" or "start" && change.Attributes.TryGetValue(DynoContainer.AppLabel, out var app)
                && long.TryParse(app, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return id;
            }
        }
    }

    private string[] OfThisInstance(string kind) =>
        [$"{DynoContainer.NamespaceLabel}={settings.Namespace}", $"{DynoContainer.KindLabel}={kind}"];

    private bool IsOwn(ContainerSummary container) => DynoContainer.IsOwn(container, settings);

    private static Dyno Read(ContainerSummary container) => new()
    {
        Id = container.Id,
        SandboxId = container.Labels[DynoContainer.SandboxLabel],
        Slot = new DynoSlot(
            Number(container, DynoContainer.AppLabel),
            Number(container, DynoContainer.DeploymentLabel),
            container.Labels[DynoContainer.ProcessLabel],
            (int)Number(container, DynoContainer.OrdinalLabel)),
        Release = (int)Number(container, DynoContainer.ReleaseLabel),
        Address = container.Labels[DynoContainer.AddressLabel],
        Running = container.State is "running" or "paused",
        Fresh = container.State is "created",
        Since = container.Created,
    };

    private static long Number(ContainerSummary container, string label) =>
        long.Parse(container.Labels[label], CultureInfo.InvariantCulture);
}
