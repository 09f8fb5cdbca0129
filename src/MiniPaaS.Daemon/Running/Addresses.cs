using System.Net;
using Dapper;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// Gives every dyno an address of its own and goes round the whole subnet before one comes again: Docker would hand a
/// freed address to the next container at once, and a stale route would then reach another app.
/// </summary>
internal sealed class Addresses(Database database, IPNetwork subnet)
{
    private const string Counter = "next_address";

    /// <summary>The bridge's own address.</summary>
    public IPAddress Gateway { get; } = At(subnet, 1);

    /// <summary>How many there are: the first sixteen are left for the bridge and things to come, the last is the broadcast address.</summary>
    public long Count { get; } = (1L << (32 - subnet.PrefixLength)) - 17;

    /// <summary>Takes the next address, which may still be in use from the last round; the counter is committed first, so a crash gives none twice.</summary>
    public async Task<IPAddress> NextAsync(CancellationToken ct)
    {
        var turn = await database.WriteAsync(
            db => db.ExecuteScalar<long>(
                "INSERT INTO counters (name, value) VALUES (@Counter, 0) "
                + "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                new { Counter }),
            ct);
        return At(subnet, 16 + (turn % Count));
    }

    private static IPAddress At(IPNetwork network, long offset)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        var value = (((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3]) + (uint)offset;
        return new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
    }
}
