using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Running;

/// <summary>Which dyno of which deployment: the identity that desired and observed dynos are matched by.</summary>
internal readonly record struct DynoSlot(long AppId, long Deployment, string ProcessType, int Ordinal)
{
    /// <summary>As shown to people, as in <c>web.1</c>.</summary>
    public string Name => $"{ProcessType}.{Ordinal}";
}

/// <summary>A dyno that should run.</summary>
/// <param name="Slot">Its identity.</param>
/// <param name="AppName">Name of its app.</param>
/// <param name="Release">What it runs, with which config vars.</param>
internal sealed record DynoSpec(DynoSlot Slot, string AppName, Release Release)
{
    public string Command => Release.Slug!.ProcessTypes[Slot.ProcessType];
}

/// <summary>A container that was seen; it belongs to one release for life.</summary>
internal sealed record Dyno
{
    public required string Id { get; init; }

    /// <summary>Container whose network it joined.</summary>
    public required string SandboxId { get; init; }

    public required DynoSlot Slot { get; init; }

    public required int Release { get; init; }

    /// <summary>Its own IPv4 address.</summary>
    public required string Address { get; init; }

    public required bool Running { get; init; }

    /// <summary>Never started: the daemon died between making and starting it.</summary>
    public required bool Fresh { get; init; }

    public required DateTimeOffset Since { get; init; }

    public bool IsWeb => Slot.ProcessType == Formation.Web;
}
