using System.Text.Json.Serialization;

namespace MiniPaaS.Docker.Wire;

internal sealed record CreatedId
{
    public required string Id { get; init; }
}

internal sealed record WaitAnswer
{
    public int StatusCode { get; init; }

    public WaitError? Error { get; init; }
}

internal sealed record WaitError
{
    public string? Message { get; init; }
}

internal sealed record ContainerInspect
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Image { get; init; }

    public DateTimeOffset Created { get; init; }

    public required ContainerState State { get; init; }

    public required ContainerConfig Config { get; init; }

    public ContainerHost? HostConfig { get; init; }

    public long? SizeRw { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }

    public ContainerDetails ToDetails() => new()
    {
        Id = Id,
        Name = Name.TrimStart('/'),
        Image = Config.Image ?? "",
        ImageId = Image,
        Created = Created,
        Status = State.Status,
        Running = State.Running,
        ExitCode = State.ExitCode,
        OomKilled = State.OOMKilled,
        Error = State.Error ?? "",
        Pid = State.Pid,
        StartedAt = Known(State.StartedAt),
        FinishedAt = Known(State.FinishedAt),
        Labels = Config.Labels ?? [],
        Env = [.. Config.Env ?? []],
        Tty = Config.Tty,
        NetworkMode = HostConfig?.NetworkMode ?? "",
        Addresses = NetworkSettings.AddressesOf(NetworkSettings),
    };

    /// <summary>Go writes a time that never was as the first instant of year 1.</summary>
    private static DateTimeOffset? Known(DateTimeOffset time) => time == DateTimeOffset.MinValue ? null : time;
}

internal sealed record ContainerState
{
    public required string Status { get; init; }

    public bool Running { get; init; }

    public int ExitCode { get; init; }

    public bool OOMKilled { get; init; }

    public string? Error { get; init; }

    public int Pid { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset FinishedAt { get; init; }
}

internal sealed record ContainerConfig
{
    public string? Image { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public string[]? Env { get; init; }

    public bool Tty { get; init; }
}

internal sealed record ContainerHost
{
    public string? NetworkMode { get; init; }
}

internal sealed record NetworkSettings
{
    public Dictionary<string, NetworkEndpoint>? Networks { get; init; }

    public static IReadOnlyDictionary<string, string> AddressesOf(NetworkSettings? settings) =>
        (settings?.Networks ?? [])
            .Where(network => !string.IsNullOrEmpty(network.Value.IPAddress))
            .ToDictionary(network => network.Key, network => network.Value.IPAddress!);
}

internal sealed record NetworkEndpoint
{
    public string? IPAddress { get; init; }
}

internal sealed record ContainerListItem
{
    public required string Id { get; init; }

    public string[]? Names { get; init; }

    public required string Image { get; init; }

    public required string ImageID { get; init; }

    public long Created { get; init; }

    public required string State { get; init; }

    public required string Status { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public ContainerHost? HostConfig { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }

    public ContainerSummary ToSummary() => new()
    {
        Id = Id,
        Name = (Names ?? []).FirstOrDefault("").TrimStart('/'),
        Image = Image,
        ImageId = ImageID,
        Created = DateTimeOffset.FromUnixTimeSeconds(Created),
        State = State,
        Status = Status,
        Labels = Labels ?? [],
        NetworkMode = HostConfig?.NetworkMode ?? "",
        Addresses = NetworkSettings.AddressesOf(NetworkSettings),
    };
}

internal sealed record ExecCreate
{
    public bool AttachStdout { get; init; } = true;

    public bool AttachStderr { get; init; } = true;

    public required IReadOnlyList<string> Cmd { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }
}

internal sealed record ExecStart
{
    public bool Detach { get; init; }

    public bool Tty { get; init; }
}

internal sealed record ExecInspect
{
    public bool Running { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Null until it has ended. Not running alone does not say so: it is also true of one that is about to start.</summary>
    [JsonIgnore]
    public int? EndedWith => Running ? null : ExitCode;
}

internal sealed record EventLine
{
    public string? Type { get; init; }

    public string? Action { get; init; }

    public EventActor? Actor { get; init; }

    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}

internal sealed record EventActor
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }
}
