namespace MiniPaaS.Daemon.Running;

/// <summary>What dynos stand on: their network, the firewall around it, the sandboxes in it.</summary>
internal sealed class DynoGround(DynoNetwork network, Firewall firewall, Sandboxes sandboxes)
{
    /// <summary>Lays it anew; needed whenever the engine has started, which ends containers and may lose rules.</summary>
    public async Task RenewAsync(CancellationToken ct)
    {
        await network.EnsureAsync(ct);
        await firewall.LayAsync(ct);
        await sandboxes.AdoptAsync(ct);
    }
}
