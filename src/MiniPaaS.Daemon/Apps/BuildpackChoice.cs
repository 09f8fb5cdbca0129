using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Apps;

/// <summary>What an app is built with, as far as that is settled.</summary>
/// <param name="Set">What the user has set, in the order they run; empty when he leaves it to others.</param>
/// <param name="Detected">What the first build that succeeded has detected; null before it, and where the user has chosen.</param>
internal sealed record BuildpackChoice(ImmutableArray<string> Set, string? Detected)
{
    /// <summary>What the next build would use if nothing else says otherwise.</summary>
    public ImmutableArray<string> InForce => Set.IsEmpty && Detected is { } detected ? [detected] : Set;
}
