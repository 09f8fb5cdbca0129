using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The app that a git address names.</summary>
/// <param name="AppId">Number of the app.</param>
/// <param name="AppName">Its name.</param>
internal sealed record PushTarget(long AppId, string AppName);

/// <summary>The pushes under way: what ties the hook, a separate process, to the request that it runs for.</summary>
internal sealed class PushSessions
{
    private readonly ConcurrentDictionary<string, PushSession> sessions = new(StringComparer.Ordinal);

    /// <summary>Opens a session; disposing it closes it.</summary>
    /// <param name="target">App pushed to.</param>
    /// <param name="user">Who pushes.</param>
    /// <param name="repository">Path of the bare repository.</param>
    /// <param name="abandoned">Cancelled when the pusher leaves.</param>
    public PushSession Open(PushTarget target, string user, string repository, CancellationToken abandoned)
    {
        // The internal endpoint can be reached by whoever reaches the control socket: the id is its password.
        var session = new PushSession(this, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), target, user, repository, abandoned);
        sessions[session.Id] = session;
        return session;
    }

    public PushSession? Find(string id) => sessions.GetValueOrDefault(id);

    internal void Close(string id) => sessions.TryRemove(id, out _);
}

/// <summary>One push, from the start of <c>git receive-pack</c> to its end.</summary>
internal sealed class PushSession(
    PushSessions owner, string id, PushTarget target, string user, string repository, CancellationToken abandoned) : IDisposable
{
    // A client that no longer reads can hold git up, but not the app.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PushVerdict? verdict;
    private int started;

    public string Id => id;

    public PushTarget Target => target;

    /// <summary>Who pushes.</summary>
    public string User => user;

    /// <summary>Path of the bare repository.</summary>
    public string Repository => repository;

    /// <summary>What became of the push; null until that is known.</summary>
    public PushVerdict? Verdict
    {
        get => verdict;
        set => verdict = value;
    }

    /// <summary>True for the first caller only: a push is deployed once.</summary>
    public bool TryStart() => Interlocked.Exchange(ref started, 1) == 0;

    /// <summary>Cancelled when the pusher leaves: a build that nobody waits for is given up, what is released goes on.</summary>
    public CancellationToken Abandoned => abandoned;

    /// <summary>Gives the app's turn up once git has moved the refs, so that the next push sees them moved.</summary>
    public async Task ReleaseAfterwardsAsync(IDisposable turn)
    {
        using (turn)
        {
            await Task.WhenAny(ended.Task, Task.Delay(Patience));
        }
    }

    public void Dispose()
    {
        owner.Close(id);
        ended.TrySetResult();
    }
}

/// <summary>The answer to a push.</summary>
/// <param name="Accepted">True when git may move the refs.</param>
/// <param name="Updates">The refs that it moves.</param>
internal sealed record PushVerdict(bool Accepted, IReadOnlyList<RefUpdate> Updates)
{
    /// <summary>The deployed branch among the updates, or null.</summary>
    public string? DeployedBranch =>
        Updates.Where(u => !u.IsDeletion).Select(u => u.Branch).FirstOrDefault(b => b is not null && Git.DeployedBranches.Contains(b));
}
