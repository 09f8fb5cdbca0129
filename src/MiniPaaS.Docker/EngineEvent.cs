using System.Collections.Immutable;
using System.Globalization;

namespace MiniPaaS.Docker;

/// <summary>Something that happened to a container.</summary>
public sealed record EngineEvent
{
    /// <summary>The action of the first element of every stream: from here on nothing is missed.</summary>
    public const string Connected = "connected";

    /// <summary>container, or engine for <see cref="Connected"/>.</summary>
    public required string Type { get; init; }

    /// <summary>create, start, die, kill, oom, pause, unpause, destroy, exec_die..., or <see cref="Connected"/>.</summary>
    public required string Action { get; init; }

    /// <summary>Id of the container; empty for <see cref="Connected"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, image and labels, and what belongs to the action, such as exitCode.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>When it happened.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Exit code of a die or exec_die; null for other actions.</summary>
    public int? ExitCode =>
        Attributes.TryGetValue("exitCode", out var text)
        && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var code) ? code : null;
}
