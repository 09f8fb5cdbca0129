using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>Where the slug of a new release comes from.</summary>
/// <param name="Description">Why the release is made, as in <c>Deploy 1a2b3c4d</c>.</param>
/// <param name="Inputs">What the slug was made from, where that is to be recorded.</param>
/// <param name="Key">Their key, when the platform made the slug from them itself.</param>
internal sealed record SlugOrigin(string Description, SlugInputs? Inputs = null, string? Key = null)
{
    /// <summary>What is vouched for about a slug that was just built; null for one that has its attestation already, or gets none.</summary>
    public Attestation? Attestation { get; init; }

    /// <summary>A slug for a commit that was pushed.</summary>
    public static SlugOrigin OfCommit(string commit, SlugInputs? inputs, string? key) =>
        new($"Deploy {commit[..Math.Min(8, commit.Length)]}", inputs, key);
}
