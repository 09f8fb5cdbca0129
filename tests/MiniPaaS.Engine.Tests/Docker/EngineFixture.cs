using System.Collections.Immutable;
using System.Net;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

/// <summary>
/// The real engine, a base image of one static busybox, and a label on everything made here. What a test run leaves behind, even a killed one,
/// is removed: at its end, or at the start of the next run once its process is gone. A run going on beside this one is left alone.
/// </summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private const string RunLabel = "minipaas.test.run";
    private const string ProcessLabel = "minipaas.test.process";
    private const string Repository = "minipaas-test/base";

    private readonly string _run = Guid.NewGuid().ToString("N");
    private int _names;

    public DockerClient Engine { get; } = new("/var/run/docker.sock");

    public string BaseImage => $"{Repository}:{_run}";

    public string Repositories => $"minipaas-test/{_run}";

    public string Label => $"{RunLabel}={_run}";

    public ImmutableDictionary<string, string> Labels => ImmutableDictionary<string, string>.Empty
        .Add(RunLabel, _run).Add(ProcessLabel, Environment.ProcessId.ToString());

    public static CancellationToken Deadline() => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public async Task InitializeAsync()
    {
        await ReapAsync(labels => !File.Exists($"/proc/{labels.GetValueOrDefault(ProcessLabel)}/stat"));
        using var root = BusyboxRoot.Tar();
        await Engine.ImportImageAsync(
            root, Repository, _run,
            [.. Labels.Select(label => $"LABEL {label.Key}={label.Value}"), "ENV PATH=/bin", "ENV BASE=yes", "CMD [\"true\"]"],
            Deadline());
    }

    public async Task DisposeAsync()
    {
        await ReapAsync(labels => labels.GetValueOrDefault(RunLabel) == _run);
        Engine.Dispose();
    }

    public string NewName() => $"minipaas-test-{_run[..8]}-{Interlocked.Increment(ref _names)}";

    public ContainerSpec Spec(params string[] command) => new()
    {
        Image = BaseImage,
        Command = [.. command],
        Labels = Labels,
        Init = true,
        NetworkMode = "none",
        LogDriver = "none",
    };

    public Task<string> CreateAsync(ContainerSpec spec) => Engine.CreateContainerAsync(NewName(), spec, Deadline());

    public async Task<string> StartAsync(ContainerSpec spec)
    {
        var id = await CreateAsync(spec);
        await Engine.StartContainerAsync(id, Deadline());
        return id;
    }

    /// <summary>Runs a container to its end and returns what it wrote.</summary>
    public async Task<(int ExitCode, string Stdout, string Stderr)> RunAsync(ContainerSpec spec)
    {
        var id = await CreateAsync(spec);
        await using var output = await Engine.AttachAsync(id, Deadline());
        await Engine.StartContainerAsync(id, Deadline());
        var (stdout, stderr) = await ReadAllAsync(output);
        return (await Engine.WaitContainerAsync(id, Deadline()), stdout, stderr);
    }

    public static async Task<(string Stdout, string Stderr)> ReadAllAsync(OutputStream output)
    {
        var (stdout, stderr) = (new StringBuilder(), new StringBuilder());
        await foreach (var (channel, data) in output.ReadFramesAsync(Deadline()))
            (channel == OutputChannel.Stdout ? stdout : stderr).Append(Encoding.UTF8.GetString(data.Span));
        return (stdout.ToString(), stderr.ToString());
    }

    public async Task<(int ExitCode, string Output)> ExecAsync(string id, ExecSpec spec)
    {
        var text = new StringBuilder();
        var code = await Engine.ExecAsync(
            id, spec,
            (data, _) =>
            {
                text.Append(Encoding.UTF8.GetString(data.Span));
                return ValueTask.CompletedTask;
            },
            Deadline());
        return (code, text.ToString());
    }

    /// <summary>A network on a range that nothing on this machine uses yet; its name and the first three numbers of its addresses.</summary>
    public async Task<(string Name, string Prefix)> CreateNetworkAsync(bool icc)
    {
        for (var number = 0; number < 256; number++)
        {
            var spec = new NetworkSpec
            {
                Name = NewName(),
                Subnet = $"10.229.{number}.0/24",
                Gateway = $"10.229.{number}.1",
                IccEnabled = icc,
                BridgeName = $"mpt{_run[..5]}{number}",
                Labels = Labels,
            };
            try
            {
                await Engine.CreateNetworkAsync(spec, Deadline());
                return (spec.Name, $"10.229.{number}");
            }
            catch (DockerException e) when (e.Status == HttpStatusCode.Forbidden)
            {
                // Taken: try the next one.
            }
        }
        throw new InvalidOperationException("every 10.229.x.0/24 is taken");
    }

    private async Task ReapAsync(Func<IReadOnlyDictionary<string, string>, bool> mine)
    {
        foreach (var container in await Engine.ListContainersAsync([RunLabel], Deadline()))
        {
            if (mine(container.Labels))
                await Engine.RemoveContainerAsync(container.Id, Deadline());
        }
        foreach (var network in await Engine.ListNetworksAsync([RunLabel], Deadline()))
        {
            if (mine(network.Labels))
                await Engine.RemoveNetworkAsync(network.Id, Deadline());
        }
        foreach (var image in await Engine.ListImagesAsync([RunLabel], Deadline()))
        {
            foreach (var name in mine(image.Labels) ? image.RepoTags.DefaultIfEmpty(image.Id) : [])
                await Engine.RemoveImageAsync(name, Deadline());
        }
    }
}
