namespace MiniPaaS.Docker.Wire;

internal sealed record NetworkCreate
{
    public required string Name { get; init; }

    public bool CheckDuplicate { get; init; } = true;

    public string Driver { get; init; } = "bridge";

    public NetworkIpam? IPAM { get; init; }

    public required Dictionary<string, string> Options { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public static NetworkCreate From(NetworkSpec spec)
    {
        var options = new Dictionary<string, string>
        {
            ["com.docker.network.bridge.enable_icc"] = spec.IccEnabled ? "true" : "false",
        };
        if (spec.BridgeName is { } bridge)
            options["com.docker.network.bridge.name"] = bridge;
        return new()
        {
            Name = spec.Name,
            IPAM = spec.Subnet is { } subnet ? new() { Config = [new() { Subnet = subnet, Gateway = spec.Gateway }] } : null,
            Options = options,
            Labels = spec.Labels,
        };
    }
}

internal sealed record NetworkIpam
{
    public NetworkRange[]? Config { get; init; }
}

internal sealed record NetworkRange
{
    public string? Subnet { get; init; }

    public string? Gateway { get; init; }
}

internal sealed record NetworkInspect
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Driver { get; init; }

    public NetworkIpam? IPAM { get; init; }

    public Dictionary<string, string>? Options { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public Dictionary<string, NetworkMember>? Containers { get; init; }

    public NetworkDetails ToDetails()
    {
        var range = IPAM?.Config?.FirstOrDefault();
        return new()
        {
            Id = Id,
            Name = Name,
            Driver = Driver,
            Subnet = range?.Subnet,
            Gateway = range?.Gateway,
            Options = Options ?? [],
            Labels = Labels ?? [],
            ContainerIds = [.. Containers?.Keys ?? Enumerable.Empty<string>()],
        };
    }
}

internal sealed record NetworkMember;
