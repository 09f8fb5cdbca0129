using System.Net;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>One container of a build, from its creation to its removal.</summary>
internal sealed class BuildContainer : IAsyncDisposable
{
    private readonly DockerClient docker;
    private readonly string name;
    private readonly Task<string> creation;

    /// <summary>Begins to create the container, while other preparations go on.</summary>
    public BuildContainer(DockerClient docker, string name, ContainerSpec spec)
    {
        this.docker = docker;
        this.name = name;

        // Not cancellable: a call given up may still have made the container.
        creation = docker.CreateContainerAsync(name, spec, CancellationToken.None);
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="stack">Its stack, for the message when there is no image.</param>
    /// <param name="output">Gets what it writes.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="BuildRejectedException">The stack's image is missing.</exception>
    public async Task<int> RunAsync(string stack, BuildOutput output, CancellationToken ct)
    {
        string id;
        try
        {
            id = await creation.WaitAsync(ct);
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw BuildRejectedException.MissingStack(stack, "build");
        }

        await using var lines = await docker.AttachAsync(id, ct);
        await docker.StartContainerAsync(id, ct);
        await foreach (var frame in lines.ReadFramesAsync(ct))
        {
            await output.AddAsync(frame.Data, frame.Channel == OutputChannel.Stderr);
        }

        return await docker.WaitContainerAsync(id, ct);
    }

    /// <summary>True when something in it was killed because the memory limit was reached.</summary>
    public async Task<bool> RanOutOfMemoryAsync(CancellationToken ct) =>
        await docker.InspectContainerAsync(name, ct) is { OomKilled: true };

    /// <summary>Kills and removes it.</summary>
    public async ValueTask DisposeAsync()
    {
        await ((Task)creation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await docker.RemoveContainerAsync(name, CancellationToken.None);
    }
}
