namespace MiniPaaS.Daemon.Building;

/// <summary>Lets so many builds run at once as the machine can take; the others wait in order of arrival and know their place.</summary>
internal sealed class BuildQueue(Settings settings)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiting> waiting = new();
    private int running;

    /// <summary>Waits for a place; dispose the result to give it up.</summary>
    /// <param name="told">Called with the number of builds that go first, whenever that has changed; never when there is a place at once.</param>
    /// <param name="ct">Leaves the queue.</param>
    public async Task<IDisposable> EnterAsync(Func<int, ValueTask> told, CancellationToken ct)
    {
        Waiting mine;
        lock (gate)
        {
            if (running < settings.ConcurrentBuilds)
            {
                running++;
                return new Place(this);
            }

            mine = new Waiting();
            waiting.AddLast(mine);
        }

        try
        {
            var last = -1;
            while (true)
            {
                // Taken before the look: a change in between completes it.
                var (ahead, moved) = LookAt(mine);
                if (ahead is not { } number)
                {
                    return new Place(this);
                }

                if (number != last)
                {
                    await told(last = number);
                }

                await moved.WaitAsync(ct);
            }
        }
        catch
        {
            Leave(mine);
            throw;
        }
    }

    private (int? Ahead, Task Moved) LookAt(Waiting mine)
    {
        lock (gate)
        {
            if (mine.Called)
            {
                return (null, Task.CompletedTask);
            }

            return (waiting.TakeWhile(other => other != mine).Count() + running, mine.Moved.Task);
        }
    }

    private void Leave(Waiting mine)
    {
        bool called;
        lock (gate)
        {
            called = mine.Called;
            waiting.Remove(mine);
            Wake();
        }

        if (called)
        {
            GiveUp();
        }
    }

    private void GiveUp()
    {
        lock (gate)
        {
            running--;
            if (waiting.First is { Value: var next })
            {
                waiting.RemoveFirst();
                running++;
                next.Called = true;
                next.Moved.TrySetResult();
            }

            Wake();
        }
    }

    private void Wake()
    {
        foreach (var other in waiting)
        {
            var moved = other.Moved;
            other.Moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            moved.TrySetResult();
        }
    }

    private sealed class Waiting
    {
        public bool Called { get; set; }

        public TaskCompletionSource Moved { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Place(BuildQueue owner) : IDisposable
    {
        private int given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 1) == 0)
            {
                owner.GiveUp();
            }
        }
    }
}
