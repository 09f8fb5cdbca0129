using System.Collections.Concurrent;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>Lets one change of an app (push, config change, rollback, restart) through at a time, in order of arrival.</summary>
internal sealed class AppQueue
{
    private readonly ConcurrentDictionary<long, SemaphoreSlim> turns = new();

    /// <summary>True when somebody else is at work on the app.</summary>
    public bool IsBusy(long appId) => turns.TryGetValue(appId, out var turn) && turn.CurrentCount == 0;

    /// <summary>Waits for the turn; dispose the result to give it up.</summary>
    public async Task<IDisposable> EnterAsync(long appId, CancellationToken ct)
    {
        var turn = turns.GetOrAdd(appId, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(ct);
        return new Turn(turn);
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        private int given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 1) == 0)
            {
                semaphore.Release();
            }
        }
    }
}
