using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Running;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>A push whose objects have arrived and whose refs have not moved yet.</summary>
/// <param name="AppId">App pushed to.</param>
/// <param name="User">Who pushes.</param>
/// <param name="Updates">The refs that would move, in the client's order.</param>
/// <param name="Objects">Where the new objects can be read.</param>
/// <param name="ReleaseAfterwards">Takes what must be held until git has moved the refs.</param>
internal sealed record PushRequest(
    long AppId, string User, IReadOnlyList<RefUpdate> Updates, ObjectDirectories Objects, Action<IDisposable> ReleaseAfterwards)
{
    /// <summary>What its user calls it: <c>Push</c>, or <c>Deploy</c> when it came without git.</summary>
    public string Noun { get; init; } = "Push";

    /// <summary>What the release is named after, as in <c>Deploy v1.2</c>; null: its commit.</summary>
    public string? Label { get; init; }

    /// <summary>Makes the slug in another way than from a commit; null for a push.</summary>
    public Func<AppRows, RunningBuild, PushOutput, Task<BuiltSlug?>>? Make { get; init; }

    /// <summary>Told the number of the build as soon as there is one.</summary>
    public Action<long> Entered { get; init; } = _ => { };

    /// <summary>Told the deployment when it is live, a canary or failed.</summary>
    public Action<Deployment> Deployed { get; init; } = _ => { };
}

/// <summary>Decides on a push: deploys it and says in lines what happens.</summary>
/// <param name="push">The push.</param>
/// <param name="output">Shown to the pusher as it is written.</param>
/// <param name="ct">Cancelled when the pusher left, git gave up or the daemon stops: nothing released yet should be then.</param>
/// <returns>True to let git move the refs.</returns>
internal delegate Task<bool> PushHandler(PushRequest push, PushOutput output, CancellationToken ct);

/// <summary>One ref of a push.</summary>
/// <param name="Old">Commit it pointed to, forty zeros when it is new.</param>
/// <param name="New">Commit it is to point to, forty zeros when it is deleted.</param>
/// <param name="Name">Full name, as in <c>refs/heads/main</c>.</param>
internal sealed partial record RefUpdate(string Old, string New, string Name)
{
    /// <summary>Commit of a ref that does not exist.</summary>
    public const string Nothing = "0000000000000000000000000000000000000000";

    /// <summary>Short name of a branch, or null for another kind of ref.</summary>
    public string? Branch => Name.StartsWith("refs/heads/", StringComparison.Ordinal) ? Name["refs/heads/".Length..] : null;

    public bool IsCreation => Old == Nothing;

    public bool IsDeletion => New == Nothing;

    /// <summary>Reads a line of a pre-receive hook's input.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out RefUpdate? update)
    {
        var match = Form().Match(line);
        update = match.Success ? new RefUpdate(match.Groups["old"].Value, match.Groups["new"].Value, match.Groups["name"].Value) : null;
        return match.Success;
    }

    [GeneratedRegex("^(?<old>[0-9a-f]{40}) (?<new>[0-9a-f]{40}) (?<name>refs/.+)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
