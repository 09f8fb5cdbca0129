using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    /// <summary>Makes a container without starting it, and returns its id. A name in use fails with Conflict, a missing image with NotFound.</summary>
    public async Task<string> CreateContainerAsync(string name, ContainerSpec spec, CancellationToken ct) =>
        (await PostAsync(
            $"/containers/create?name={Escape(name)}", ContainerCreate.From(spec),
            DockerJson.Default.ContainerCreate, DockerJson.Default.CreatedId, ct)).Id;

    /// <summary>Starts a container; one that runs already is a success.</summary>
    public Task StartContainerAsync(string id, CancellationToken ct) =>
        CallAsync(HttpMethod.Post, $"/containers/{Escape(id)}/start", content: null, ct, HttpStatusCode.NotModified);

    /// <summary>SIGTERM, then SIGKILL after <paramref name="grace"/> (rounded up to seconds). Returns when it has stopped; not running or gone is a success.</summary>
    public Task StopContainerAsync(string id, TimeSpan grace, CancellationToken ct)
    {
        var seconds = ((int)Math.Ceiling(grace.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return CallAsync(
            HttpMethod.Post, $"/containers/{Escape(id)}/stop?t={seconds}", content: null, ct,
            HttpStatusCode.NotModified, HttpStatusCode.NotFound);
    }

    /// <summary>Sends a signal such as SIGTERM to the first process; not running or gone is a success.</summary>
    public Task KillContainerAsync(string id, string signal, CancellationToken ct) =>
        CallAsync(
            HttpMethod.Post, $"/containers/{Escape(id)}/kill?signal={Escape(signal)}", content: null, ct,
            HttpStatusCode.NotFound, HttpStatusCode.Conflict);

    /// <summary>Stops time for all processes of a running container; returns when they stand still.</summary>
    public Task PauseContainerAsync(string id, CancellationToken ct) =>
        CallAsync(HttpMethod.Post, $"/containers/{Escape(id)}/pause", content: null, ct);

    /// <summary>Lets time go on in a paused container.</summary>
    public Task UnpauseContainerAsync(string id, CancellationToken ct) =>
        CallAsync(HttpMethod.Post, $"/containers/{Escape(id)}/unpause", content: null, ct);

    /// <summary>Bytes of memory that a container uses, without what the kernel gives up first when memory runs short.</summary>
    public async Task<long> ContainerMemoryAsync(string id, CancellationToken ct)
    {
        var stats = await GetAsync($"/containers/{Escape(id)}/stats?stream=false&one-shot=true", DockerJson.Default.ContainerStats, ct);
        return Math.Max(0, stats.MemoryStats.Usage - stats.MemoryStats.Stats.Reclaimable);
    }

    /// <summary>Kills and removes a container with its anonymous volumes; gone, or being removed by another call, is a success.</summary>
    public async Task RemoveContainerAsync(string id, CancellationToken ct)
    {
        try
        {
            await CallAsync(
                HttpMethod.Delete, $"/containers/{Escape(id)}?force=true&v=true", content: null, ct, HttpStatusCode.NotFound);
        }
        catch (DockerException e) when (
            e.Status == HttpStatusCode.Conflict && e.Message.Contains("already in progress", StringComparison.Ordinal))
        {
            // Another remover is at work: what was asked for is happening.
        }
    }

    /// <summary>Waits until a container does not run, and returns its exit code. One that was never started does not run: start first.</summary>
    public async Task<int> WaitContainerAsync(string id, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/containers/{Escape(id)}/wait?condition=not-running", content: null, ct);
        var answer = await ReadAsync(response, DockerJson.Default.WaitAnswer, ct);
        return answer.Error?.Message is { Length: > 0 } message ? throw new DockerException(status: null, message) : answer.StatusCode;
    }

    /// <summary>
    /// Reads a file or directory of a container, running or not, as a tar whose names begin with the last part of <paramref name="path"/>.
    /// A path that is not there fails with NotFound.
    /// </summary>
    public async Task<T> ReadArchiveAsync<T>(string id, string path, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/containers/{Escape(id)}/archive?path={Escape(path)}", content: null, ct);
        await using var archive = await response.Content.ReadAsStreamAsync(ct);
        return await read(archive, ct);
    }

    /// <summary>One container by id or name; null when there is none.</summary>
    public async Task<ContainerDetails?> InspectContainerAsync(string id, CancellationToken ct) =>
        (await FindAsync($"/containers/{Escape(id)}/json", DockerJson.Default.ContainerInspect, ct))?.ToDetails();

    /// <summary>Bytes that a container has written into its own layer, mounts not among them; 0 when there is none of that name. The engine counts its files.</summary>
    public async Task<long> GetContainerSizeAsync(string id, CancellationToken ct) =>
        (await FindAsync($"/containers/{Escape(id)}/json?size=true", DockerJson.Default.ContainerInspect, ct))?.SizeRw ?? 0;

    /// <summary>All containers, running or not, that bear every one of the labels ("key" or "key=value").</summary>
    public async Task<ImmutableArray<ContainerSummary>> ListContainersAsync(IReadOnlyList<string> labels, CancellationToken ct)
    {
        var items = await GetAsync(
            $"/containers/json?all=true&filters={Filters(("label", labels))}", DockerJson.Default.ContainerListItemArray, ct);
        return [.. items.Select(item => item.ToSummary())];
    }

    /// <summary>The output from now on. Attached before the start it misses nothing; it ends when the container does.</summary>
    public async Task<OutputStream> AttachAsync(string id, CancellationToken ct)
    {
        var tty = await HasTtyAsync(id, ct);
        return new OutputStream(
            await UpgradeAsync($"/containers/{Escape(id)}/attach?stream=true&stdout=true&stderr=true", content: null, ct), tty);
    }

    /// <summary>The output that the log driver kept, from <paramref name="since"/> (null: all), and with <paramref name="follow"/> until the container ends.</summary>
    public async Task<OutputStream> FollowLogsAsync(string id, DateTimeOffset? since, bool follow, CancellationToken ct)
    {
        var tty = await HasTtyAsync(id, ct);
        var path = $"/containers/{Escape(id)}/logs?stdout=true&stderr=true&follow={(follow ? "true" : "false")}";
        if (since is { } from)
            path += $"&since={UnixTime(from)}";
        var response = await SendAsync(HttpMethod.Get, path, content: null, ct);
        return new OutputStream(await response.Content.ReadAsStreamAsync(ct), tty);
    }

    /// <summary>Unpacks a tar into an existing directory of a container, running or not.</summary>
    public async Task PutArchiveAsync(string id, string path, Stream tar, CancellationToken ct) =>
        (await UploadAsync(HttpMethod.Put, $"/containers/{Escape(id)}/archive?path={Escape(path)}", tar.CopyToAsync, ct)).Dispose();

    /// <summary>In API 1.41 the stream itself does not say whether it has frames.</summary>
    private async Task<bool> HasTtyAsync(string id, CancellationToken ct) =>
        (await GetAsync($"/containers/{Escape(id)}/json", DockerJson.Default.ContainerInspect, ct)).Config.Tty;

    private static string UnixTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return string.Create(
            CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:D9}");
    }
}
