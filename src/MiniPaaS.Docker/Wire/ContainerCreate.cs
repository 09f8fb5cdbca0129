namespace MiniPaaS.Docker.Wire;

/// <summary>The body of a container creation: the same facts as <see cref="ContainerSpec"/>, where the engine wants them.</summary>
internal sealed record ContainerCreate
{
    public required string Image { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public bool Tty { get; init; }

    public bool OpenStdin { get; init; }

    public string? Hostname { get; init; }

    public int? StopTimeout { get; init; }

    public required HostCreate HostConfig { get; init; }

    public NetworkingCreate? NetworkingConfig { get; init; }

    public static ContainerCreate From(ContainerSpec spec) => new()
    {
        Image = spec.Image,
        Cmd = spec.Command.IsEmpty ? null : spec.Command,
        Entrypoint = spec.Entrypoint,
        Env = spec.Env,
        User = spec.User,
        WorkingDir = spec.WorkingDir,
        Labels = spec.Labels,
        Tty = spec.Tty,
        OpenStdin = spec.OpenStdin,
        Hostname = spec.Hostname,
        StopTimeout = spec.StopTimeout,
        HostConfig = HostCreate.From(spec),
        NetworkingConfig = NetworkingCreate.From(spec),
    };
}

internal sealed record HostCreate
{
    public bool Init { get; init; }

    public bool ReadonlyRootfs { get; init; }

    public required IReadOnlyList<string> CapDrop { get; init; }

    public required IReadOnlyList<string> CapAdd { get; init; }

    public required IReadOnlyList<string> SecurityOpt { get; init; }

    public long Memory { get; init; }

    public long MemorySwap { get; init; }

    public long NanoCpus { get; init; }

    public long PidsLimit { get; init; }

    public long ShmSize { get; init; }

    public int? OomScoreAdj { get; init; }

    public required IReadOnlyList<ContainerUlimit> Ulimits { get; init; }

    public required IReadOnlyList<MountCreate> Mounts { get; init; }

    public required IReadOnlyDictionary<string, string> Tmpfs { get; init; }

    public string? NetworkMode { get; init; }

    public required IReadOnlyList<string> Dns { get; init; }

    public required IReadOnlyList<string> ExtraHosts { get; init; }

    public LogCreate? LogConfig { get; init; }

    public static HostCreate From(ContainerSpec spec) => new()
    {
        Init = spec.Init,
        ReadonlyRootfs = spec.ReadOnlyRootfs,
        CapDrop = spec.CapDrop,
        CapAdd = spec.CapAdd,
        SecurityOpt = spec.SecurityOpt,
        Memory = spec.MemoryBytes,
        MemorySwap = spec.MemorySwapBytes,
        NanoCpus = spec.NanoCpus,
        PidsLimit = spec.PidsLimit,
        ShmSize = spec.ShmSizeBytes,
        OomScoreAdj = spec.OomScoreAdj,
        Ulimits = spec.Ulimits,
        Mounts = [.. spec.Mounts.Select(MountCreate.From)],
        Tmpfs = spec.Tmpfs,
        NetworkMode = spec.NetworkMode,
        Dns = spec.Dns,
        ExtraHosts = spec.ExtraHosts,
        LogConfig = spec.LogDriver is { } driver ? new LogCreate(driver, spec.LogOptions) : null,
    };
}

internal sealed record LogCreate(string Type, IReadOnlyDictionary<string, string> Config);

internal sealed record MountCreate
{
    public required string Type { get; init; }

    public string? Source { get; init; }

    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    public TmpfsCreate? TmpfsOptions { get; init; }

    public static MountCreate From(ContainerMount mount) => new()
    {
        Type = mount.Type switch
        {
            MountType.Bind => "bind",
            MountType.Volume => "volume",
            _ => "tmpfs",
        },
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        TmpfsOptions = mount is { Type: MountType.Tmpfs, SizeBytes: { } size } ? new TmpfsCreate(size) : null,
    };
}

internal sealed record TmpfsCreate(long SizeBytes);

internal sealed record NetworkingCreate(Dictionary<string, EndpointCreate> EndpointsConfig)
{
    public static NetworkingCreate? From(ContainerSpec spec) => spec switch
    {
        { IPv4Address: null } => null,
        { NetworkMode: { } network, IPv4Address: { } address } =>
            new(new Dictionary<string, EndpointCreate> { [network] = new EndpointCreate(new AddressCreate(address)) }),
        _ => throw new ArgumentException("a fixed address needs NetworkMode to name its network", nameof(spec)),
    };
}

internal sealed record EndpointCreate(AddressCreate IPAMConfig);

internal sealed record AddressCreate(string IPv4Address);

/// <summary>The body of a container's update.</summary>
internal sealed record ContainerUpdate
{
    public long PidsLimit { get; init; }
}
