using System.Net;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>One build container, from its creation to its removal: it waits for jobs, and ends when the daemon does.</summary>
internal sealed class BuildContainer : IAsyncDisposable
{
    private readonly DockerClient docker;
    private readonly string name;
    private readonly FileStream jobs;
    private readonly Task<OutputStream> start;

    /// <summary>Begins to make and start the container, while other preparations go on.</summary>
    /// <param name="docker">The engine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="jobs">Path of the pipe it is told its jobs by.</param>
    public BuildContainer(DockerClient docker, string name, ContainerSpec spec, string jobs)
    {
        this.docker = docker;
        this.name = name;

        // For reading as well: opened for writing alone, a pipe waits for its reader.
        this.jobs = new FileStream(jobs, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

        // Not cancellable: a call given up may still have made the container.
        start = StartAsync(spec);
    }

    /// <summary>True while it has not ended, as far as anybody has noticed.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Bytes on disk that were written in it.</summary>
    public Task<long> DiskAsync(CancellationToken ct) => docker.GetContainerSizeAsync(name, ct);

    /// <summary>Waits until it runs.</summary>
    public Task StartedAsync() => start;

    /// <summary>Runs a job to its end.</summary>
    /// <param name="job">As in <c>build</c>.</param>
    /// <param name="stack">Its stack, for the message when there is no image.</param>
    /// <param name="output">Gets what it writes.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The exit code of the container, or null when it waits for the next job.</returns>
    /// <exception cref="BuildRejectedException">The stack's image is missing.</exception>
    public async Task<int?> RunAsync(string job, string stack, Func<OutputChannel, ReadOnlyMemory<byte>, ValueTask> output, CancellationToken ct)
    {
        OutputStream lines;
        try
        {
            lines = await start.WaitAsync(ct);
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw BuildRejectedException.MissingStack(stack, "build");
        }

        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await jobs.WriteAsync(Encoding.ASCII.GetBytes($"{job} {mark}\n"), ct);
        var ends = new[] { new JobEnd(mark), new JobEnd(mark) };
        while (await lines.ReadAsync(ct) is { } frame)
        {
            await output(frame.Channel, ends[(int)frame.Channel].Before(frame.Data));
            if (Array.TrueForAll(ends, end => end.IsReached))
            {
                return null;
            }
        }

        IsAlive = false;
        return await docker.WaitContainerAsync(name, ct);
    }

    /// <summary>Stops time for everything in it.</summary>
    public Task PauseAsync(CancellationToken ct) => docker.PauseContainerAsync(name, ct);

    /// <summary>Lets time go on.</summary>
    public Task UnpauseAsync(CancellationToken ct) => docker.UnpauseContainerAsync(name, ct);

    /// <summary>Bytes of memory that it uses.</summary>
    public Task<long> MemoryAsync(CancellationToken ct) => docker.ContainerMemoryAsync(name, ct);

    /// <summary>Ends it; true when something in it was killed because the memory limit was reached.</summary>
    public async Task<bool> RanOutOfMemoryAsync(CancellationToken ct)
    {
        await StopReadingAsync();
        await docker.KillContainerAsync(name, "KILL", ct);
        await docker.WaitContainerAsync(name, ct);
        return await docker.InspectContainerAsync(name, ct) is { OomKilled: true };
    }

    /// <summary>Kills and removes it.</summary>
    public async ValueTask DisposeAsync()
    {
        IsAlive = false;
        await StopReadingAsync();
        await docker.RemoveContainerAsync(name, CancellationToken.None);
        await jobs.DisposeAsync();
    }

    // Before it is killed: the engine does not get past output that it can neither deliver nor give up.
    private async Task StopReadingAsync()
    {
        await ((Task)start).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (start.IsCompletedSuccessfully)
        {
            await (await start).DisposeAsync();
        }
    }

    private async Task<OutputStream> StartAsync(ContainerSpec spec)
    {
        var id = await docker.CreateContainerAsync(name, spec, CancellationToken.None);
        var lines = await docker.AttachAsync(id, CancellationToken.None);
        await docker.StartContainerAsync(id, CancellationToken.None);
        return lines;
    }
}
