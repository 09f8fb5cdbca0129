using System.Collections.Frozen;

namespace MiniPaaS.Router.Routing;

/// <summary>Which app answers to a host name. Immutable: rebuilt when a host comes or goes, not when an app is flipped.</summary>
internal sealed class HostTable
{
    public static readonly HostTable Empty = new([]);

    private readonly FrozenDictionary<string, AppSlot> slots;
    private readonly FrozenDictionary<string, AppSlot>.AlternateLookup<ReadOnlySpan<char>> bySpan;
    private readonly FrozenDictionary<string, AppSlot>.AlternateLookup<ReadOnlySpan<char>> byParent;

    private HostTable(Dictionary<string, AppSlot> owners)
    {
        slots = owners.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        bySpan = slots.GetAlternateLookup<ReadOnlySpan<char>>();
        byParent = owners.Where(owner => owner.Key.StartsWith("*.", StringComparison.Ordinal))
            .ToFrozenDictionary(owner => owner.Key[2..], owner => owner.Value, StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The app of the very name, else of the wildcard one label above it.</summary>
    public AppSlot? Find(ReadOnlySpan<char> host)
    {
        if (bySpan.TryGetValue(host, out var slot))
        {
            return slot;
        }

        var dot = host.IndexOf('.');
        return dot > 0 && byParent.TryGetValue(host[(dot + 1)..], out slot) ? slot : null;
    }

    /// <summary>The name in a Host header: without port, brackets or the root's dot.</summary>
    public static ReadOnlySpan<char> NameIn(string? header)
    {
        var host = header.AsSpan();
        if (host.StartsWith('['))
        {
            var end = host.IndexOf(']');
            return end < 0 ? host : host[1..end];
        }

        var colon = host.IndexOf(':');
        return (colon < 0 ? host : host[..colon]).TrimEnd('.');
    }

    /// <summary>A table of what the slots claim now; a host that two claim stays with the one that had it.</summary>
    public HostTable Rebuild(IReadOnlyCollection<AppSlot> claimants, ILogger log)
    {
        var owners = new Dictionary<string, AppSlot>(StringComparer.OrdinalIgnoreCase);
        foreach (var slot in claimants)
        {
            foreach (var host in slot.Current.Route.Hosts.Where(host => slots.GetValueOrDefault(host) == slot))
            {
                owners[host] = slot;
            }
        }

        foreach (var slot in claimants)
        {
            foreach (var host in slot.Current.Route.Hosts)
            {
                if (!owners.TryAdd(host, slot) && owners[host] != slot)
                {
                    log.HostConflict(host, owners[host].Current.Route.App, slot.Current.Route.App);
                }
            }
        }

        return new HostTable(owners);
    }
}
