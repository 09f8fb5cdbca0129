using System.Globalization;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    /// <summary>Fetches an image from its registry; what the registry's host says goes wrong is a <see cref="DockerException"/>.</summary>
    /// <param name="repository">Name without tag or digest.</param>
    /// <param name="tag">Tag, or digest with its algorithm.</param>
    /// <param name="follow">Gets a line for each step; how far a transfer is makes none.</param>
    /// <param name="ct">Ends it; layers that are complete stay.</param>
    public async Task PullImageAsync(string repository, string tag, Func<string, ValueTask> follow, CancellationToken ct)
    {
        var path = $"/images/create?fromImage={Escape(repository)}&tag={Escape(tag)}";
        using var response = await SendAsync(HttpMethod.Post, path, content: null, ct);
        var last = "";
        await FollowProgressAsync(
            response,
            async line =>
            {
                var text = line.Id is { } id ? $"{id}: {line.Status}" : line.Status ?? "";
                if (text.Length > 0 && text != last)
                    await follow(last = text);
            },
            ct);
    }

    /// <summary>Builds an image from a Dockerfile with the engine's own builder, and returns its id. Cancelling ends the build in the engine.</summary>
    /// <param name="spec">What it is to be.</param>
    /// <param name="context">Writes the context as a tar.</param>
    /// <param name="follow">Gets what the build prints, as it comes.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<string> BuildImageAsync(
        ImageBuildSpec spec, Func<Stream, CancellationToken, Task> context, Func<string, ValueTask> follow, CancellationToken ct)
    {
        using var response = await UploadAsync(HttpMethod.Post, $"/build?{spec.Query()}", context, ct);
        var id = "";
        await FollowProgressAsync(
            response,
            async line =>
            {
                id = line.Aux?.ID ?? id;
                if (line.Stream is { } text)
                    await follow(text);
                else if (line.Status is { } status)
                    await follow(line.Id is { } layer ? $"{layer}: {status}\n" : $"{status}\n");
            },
            ct);
        return id.Length > 0 ? id : throw new DockerException(status: null, "the Docker Engine built no image and gave no reason");
    }

    /// <summary>Sets the most processes and threads of a container; one that has ended meanwhile, or is gone, is a success.</summary>
    public async Task LimitProcessesAsync(string id, long limit, CancellationToken ct)
    {
        try
        {
            await CallAsync(
                HttpMethod.Post, $"/containers/{Escape(id)}/update", Json(new ContainerUpdate { PidsLimit = limit }, DockerJson.Default.ContainerUpdate), ct,
                System.Net.HttpStatusCode.NotFound, System.Net.HttpStatusCode.Conflict);
        }
        catch (DockerException e) when (e.Message.Contains("stopped container", StringComparison.Ordinal) || e.Message.Contains("not running", StringComparison.Ordinal))
        {
            // There is nothing left to limit.
        }
    }
}

/// <summary>An image to build from a Dockerfile.</summary>
public sealed record ImageBuildSpec
{
    /// <summary>Path of the Dockerfile in the context.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>Stage to end with; null: the last one.</summary>
    public string? Target { get; init; }

    /// <summary>Values of ARG instructions.</summary>
    public required IReadOnlyDictionary<string, string> Arguments { get; init; }

    /// <summary>Labels of the image, over those of the Dockerfile.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Network of RUN instructions: its name, or none.</summary>
    public required string NetworkMode { get; init; }

    /// <summary>Bytes of memory, and of memory and swap together, of a RUN instruction.</summary>
    public required long Memory { get; init; }

    /// <summary>CPUs of a RUN instruction.</summary>
    public required int Cpus { get; init; }

    /// <summary>True to take nothing from earlier builds.</summary>
    public bool NoCache { get; init; }

    internal string Query()
    {
        const int period = 100_000;
        (string Name, string Value)[] parameters =
        [
            ("dockerfile", Dockerfile),
            ("target", Target ?? ""),
            ("buildargs", Text(Arguments)),
            ("labels", Text(Labels)),
            ("networkmode", NetworkMode),
            ("memory", Memory.ToString(CultureInfo.InvariantCulture)),
            ("memswap", Memory.ToString(CultureInfo.InvariantCulture)),
            ("cpuperiod", period.ToString(CultureInfo.InvariantCulture)),
            ("cpuquota", (Cpus * period).ToString(CultureInfo.InvariantCulture)),
            ("rm", "1"),
            ("forcerm", "1"),
            ("nocache", NoCache ? "1" : "0"),
        ];
        return string.Join('&', parameters.Where(p => p.Value.Length > 0).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}"));
    }

    private static string Text(IReadOnlyDictionary<string, string> map) => System.Text.Encoding.UTF8.GetString(JsonBytes.Write(json =>
    {
        json.WriteStartObject();
        foreach (var (name, value) in map)
            json.WriteString(name, value);
        json.WriteEndObject();
    }));
}
