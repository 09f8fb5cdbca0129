using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>
/// Keeps every router process that has a socket in the directory in step. A change is in force when all of them have
/// acknowledged it; two routers during an upgrade need no special care.
/// </summary>
internal sealed class RouterLink(string socketDirectory, CertificateLink certificates, TimeProvider time, ILogger<RouterLink> log)
    : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, RouterClient> routers = [];
    private readonly Dictionary<string, AppRoute> routes = [];
    private readonly string bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool complete;
    private long version;

    /// <summary>Completes when every app was observed once and the routers were told; see <see cref="CompleteAsync"/>.</summary>
    public Task Completed => completed.Task;

    /// <summary>Grows with every call, also over restarts of the daemon.</summary>
    public long NextVersion()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
        return version = Math.Max(version + 1, now);
    }

    /// <summary>The route last given, or null.</summary>
    public async Task<AppRoute?> CurrentAsync(string app, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            return routes.GetValueOrDefault(app);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Puts a route in force on every router; returns the number of routers that acknowledged.</summary>
    public async Task<int> PutAsync(AppRoute route, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            routes[route.App] = route;
            return complete ? await TellAllAsync((router, token) => PutOneAsync(router, route, token), ct) : 0;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// True when every living router has acknowledged all that it was told: only then may anything be ended that an older
    /// route still names.
    /// </summary>
    public async Task<bool> InStepAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            return complete && Listening().All(IsTold);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>True when there is a router and every living one has acknowledged all that it was told: it is in force.</summary>
    public async Task<bool> HaveAllAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            var listening = Listening().ToArray();
            return complete && listening.Length > 0 && listening.All(IsTold);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>True once routers were told to send the ACME challenges of an app's host to this daemon.</summary>
    public async Task<bool> SendsChallengesAsync(string app, string host, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            return complete && routes.GetValueOrDefault(app) is { Policy.AcmeChallenges: true } route && route.Hosts.Contains(host);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Takes an app off every router.</summary>
    public async Task RemoveAsync(string app, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (routes.Remove(app) && complete)
            {
                await TellAllAsync((router, token) => router.DeleteAsync(app, token), ct);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Says that every app was observed once: from now on routers are told. Before, they would lose routes that they
    /// serve from memory while this daemon starts.
    /// </summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            complete = true;
            await TellAllAsync((_, _) => Task.CompletedTask, ct);
            completed.TrySetResult();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Waits until no router has a request on the target, at most until the deadline; false when it passed.</summary>
    public async Task<bool> DrainAsync(string target, TimeSpan deadline, CancellationToken ct)
    {
        var until = time.GetUtcNow() + deadline;
        var drained = await Task.WhenAll(Listening().Select(socket => DrainOneAsync(socket, target, until, ct)));
        return drained.All(done => done);
    }

    /// <summary>Looks for routers that came or went and gives newcomers the snapshot, until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await timer.WaitForNextTickAsync(ct))
        {
            await RefreshAsync(ct);
        }
    }

    /// <summary>Gives every router now what it does not have yet: certificates that changed, and newcomers the snapshot.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (complete)
            {
                await TellAllAsync((_, _) => Task.CompletedTask, ct);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        foreach (var router in routers.Values)
        {
            router.Dispose();
        }

        gate.Dispose();
    }

    /// <summary>Sockets of all routers; one that stops (lame duck) has its socket, and is told of every change, until it is gone.</summary>
    public IEnumerable<string> Listening() =>
        Directory.Exists(socketDirectory) ? Directory.EnumerateFiles(socketDirectory, "*.sock") : [];

    private bool IsTold(string socket) => routers.TryGetValue(socket, out var router) && router.InstanceId is not null;

    // The caller holds the gate. Side by side: a router that hangs costs the others nothing but the wait for its time limit.
    private async Task<int> TellAllAsync(Func<RouterClient, CancellationToken, Task> tell, CancellationToken ct)
    {
        var listening = Listening().ToArray();
        foreach (var gone in routers.Keys.Except(listening).ToArray())
        {
            routers.Remove(gone, out var router);
            router!.Dispose();
        }

        foreach (var newcomer in listening.Except(routers.Keys).ToArray())
        {
            routers[newcomer] = new RouterClient(newcomer);
        }

        var acks = await Task.WhenAll(routers.Values.ToArray().Select(router => TellOneAsync(router, tell, ct)));
        return acks.Count(acknowledged => acknowledged);
    }

    private async Task<bool> TellOneAsync(RouterClient router, Func<RouterClient, CancellationToken, Task> tell, CancellationToken ct)
    {
        try
        {
            await GreetAsync(router, ct);
            await tell(router, ct);
            router.Trouble.End(log);
            return true;
        }
        catch (Exception e) when (RouterClient.IsDead(e))
        {
            File.Delete(router.Socket);
        }
        catch (Exception e) when (RouterClient.IsTrouble(e, ct))
        {
            router.Trouble.Add(e.Message, log);
        }

        router.InstanceId = null;
        return false;
    }

    private async Task GreetAsync(RouterClient router, CancellationToken ct)
    {
        await certificates.TellAsync(router, ct);
        if (router.InstanceId is null)
        {
            var status = await router.StatusAsync(ct);
            await router.PutAllAsync(Snapshot(), ct);
            router.InstanceId = status.InstanceId;
        }
    }

    private async Task PutOneAsync(RouterClient router, AppRoute route, CancellationToken ct)
    {
        if (!await router.PutAsync(route, ct))
        {
            await router.PutAllAsync(Snapshot(), ct);
        }
    }

    private RouteSnapshot Snapshot() => new(bootId, [.. routes.Values]);

    private async Task<bool> DrainOneAsync(string socket, string target, DateTimeOffset until, CancellationToken ct)
    {
        using var router = new RouterClient(socket);
        while (true)
        {
            var left = until - time.GetUtcNow();
            try
            {
                if (await router.DrainedAsync(target, left < TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(10, left.TotalSeconds)), ct))
                {
                    return true;
                }
            }
            catch (Exception e) when (RouterClient.IsDead(e))
            {
                return true; // its process is gone, and with it every request that it held
            }
            catch (Exception e) when (RouterClient.IsTrouble(e, ct))
            {
                router.Trouble.Add(e.Message, log);
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, ct);
            }

            if (left <= TimeSpan.Zero)
            {
                return false;
            }
        }
    }
}
