namespace MiniPaaS.Docker;

/// <summary>What the engine knows of its host.</summary>
public sealed record EngineInfo
{
    /// <summary>Number of CPUs.</summary>
    public int NCPU { get; init; }

    /// <summary>Memory of the host in bytes.</summary>
    public long MemTotal { get; init; }

    /// <summary>Storage driver, such as overlay2.</summary>
    public string Driver { get; init; } = "";

    /// <summary>Pairs of a name and a value with which the storage driver tells about itself.</summary>
    public string[][]? DriverStatus { get; init; }

    /// <summary>True when images are in containerd's store (the default of new installations from Docker 29 on), false when a graph driver has them.</summary>
    public bool KeepsImagesInContainerd => (DriverStatus ?? []).Any(pair => pair is ["driver-type", "io.containerd.snapshotter.v1"]);

    /// <summary>"1" or "2".</summary>
    public string CgroupVersion { get; init; } = "";

    /// <summary>cgroupfs or systemd.</summary>
    public string CgroupDriver { get; init; } = "";

    /// <summary>The engine's release, such as 20.10.24.</summary>
    public string ServerVersion { get; init; } = "";

    /// <summary>Directory in which the engine keeps images and containers.</summary>
    public string DockerRootDir { get; init; } = "";

    /// <summary>Name of the host's operating system.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>Kernel release.</summary>
    public string KernelVersion { get; init; } = "";

    /// <summary>Machine architecture as uname says it, such as x86_64.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Containers running now, of whoever uses this engine.</summary>
    public int ContainersRunning { get; init; }
}
