using System.Collections.Immutable;
using System.Threading.Channels;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>A network of one: a container that only sleeps, whose network one dyno or build joins.</summary>
internal sealed record Sandbox(string Id, string Address);

/// <summary>
/// Makes sandboxes ahead of need, because a new network namespace is the slowest part of starting a container. Each is
/// used once and goes with its user.
/// </summary>
internal sealed partial class Sandboxes(DockerClient docker, Settings settings, Addresses addresses, DynoNetwork network, ILogger<Sandboxes> log)
{
    private const int Spare = 3;
    private const int Courtesy = 1000;
    private const string Kind = "sandbox";

    private readonly Channel<Sandbox> ready = Channel.CreateUnbounded<Sandbox>();
    private readonly HashSet<string> inUse = [];
    private long taken;

    /// <summary>Takes one that is ready, or makes one.</summary>
    public async Task<Sandbox> TakeAsync(CancellationToken ct)
    {
        Volatile.Write(ref taken, Environment.TickCount64);
        return ready.Reader.TryRead(out var sandbox) ? sandbox : await MakeAsync(ct);
    }

    /// <summary>Removes one after its user is gone.</summary>
    public async Task RemoveAsync(string id, CancellationToken ct)
    {
        var address = (await docker.InspectContainerAsync(id, ct))?.Labels.GetValueOrDefault(DynoContainer.AddressLabel);
        await docker.RemoveContainerAsync(id, ct);
        if (address is not null)
        {
            Free(address);
        }
    }

    /// <summary>Removes one without keeping anybody waiting; what cannot be removed now is at the next start.</summary>
    public void Discard(string id) => _ = DiscardAsync(id);

    /// <summary>
    /// After a start of this daemon or of the engine: keeps those that dynos use, pools those that nothing uses, removes the dead.
    /// </summary>
    public async Task AdoptAsync(CancellationToken ct)
    {
        var pooled = new HashSet<string>();
        while (ready.Reader.TryRead(out var sandbox))
        {
            pooled.Add(sandbox.Id);
        }

        var containers = (await docker.ListContainersAsync([$"{DynoContainer.NamespaceLabel}={settings.Namespace}"], ct))
            .Where(container => DynoContainer.IsOwn(container, settings)).ToArray();
        var used = containers.Select(c => c.Labels.GetValueOrDefault(DynoContainer.SandboxLabel)).ToHashSet();
        foreach (var container in containers.Where(c => c.Labels.GetValueOrDefault(DynoContainer.KindLabel) == Kind))
        {
            var address = container.Labels[DynoContainer.AddressLabel];
            if (used.Contains(container.Id))
            {
                Claim(address);
            }
            else if (!Claim(address) && !pooled.Contains(container.Id))
            {
                // Being made, or lent to somebody whose container is about to be.
            }
            else if (container.State == "running")
            {
                ready.Writer.TryWrite(new Sandbox(container.Id, address));
            }
            else
            {
                await RemoveAsync(container.Id, ct);
            }
        }
    }

    /// <summary>Keeps a few spare ones ready until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                // While there is one, whoever took the last goes first: he is starting something that somebody waits for.
                while (ready.Reader.Count == 0 || (ready.Reader.Count < Spare && Environment.TickCount64 - Volatile.Read(ref taken) > Courtesy))
                {
                    ready.Writer.TryWrite(await MakeAsync(ct));
                }
            }
            catch (DockerException e)
            {
                LogNoSandbox(e.Message);
                await Task.Delay(TimeSpan.FromSeconds(5), ct);
            }
        }
    }

    private async Task<string> ClaimNextAsync(CancellationToken ct)
    {
        for (long tried = 0; tried < addresses.Count; tried++)
        {
            var address = (await addresses.NextAsync(ct)).ToString();
            if (Claim(address))
            {
                return address;
            }
        }

        throw new InvalidOperationException($"All {addresses.Count} addresses of {settings.Subnet} are in use; give MINIPAAS_SUBNET a wider network.");
    }

    // False when it was claimed already.
    private bool Claim(string address)
    {
        lock (inUse)
        {
            return inUse.Add(address);
        }
    }

    private void Free(string address)
    {
        lock (inUse)
        {
            inUse.Remove(address);
        }
    }

    private async Task DiscardAsync(string id)
    {
        try
        {
            await RemoveAsync(id, CancellationToken.None);
        }
        catch (DockerException e)
        {
            LogNotRemoved(id, e.Message);
        }
    }

    private async Task<Sandbox> MakeAsync(CancellationToken ct)
    {
        var address = await ClaimNextAsync(ct);
        var spec = new ContainerSpec
        {
            Image = $"minipaas/stack-{settings.DefaultStack}:run",
            Command = ["sleep", "infinity"],
            User = DynoContainer.User,
            Labels = ImmutableDictionary<string, string>.Empty
                .Add(DynoContainer.NamespaceLabel, settings.Namespace)
                .Add(DynoContainer.KindLabel, Kind)
                .Add(DynoContainer.AddressLabel, address),
            Init = true,
            ReadOnlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            MemoryBytes = 16 << 20,
            PidsLimit = 8,
            NetworkMode = network.Name,
            IPv4Address = address,
            LogDriver = "none",
        };
        var name = $"{settings.Namespace}-sandbox-{address}";
        try
        {
            var id = await docker.CreateContainerAsync(name, spec, ct);
            await docker.StartContainerAsync(id, ct);
            return new Sandbox(id, address);
        }
        catch
        {
            await docker.RemoveContainerAsync(name, CancellationToken.None);
            Free(address);
            throw;
        }
    }

    [LoggerMessage(206, LogLevel.Warning, "The network sandbox {Id} could not be removed: {Reason}")]
    private partial void LogNotRemoved(string id, string reason);

    [LoggerMessage(201, LogLevel.Warning, "No network sandbox could be made: {Reason}")]
    private partial void LogNoSandbox(string reason);
}
