using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>How a dyno's container is made: pure, so that what a dyno may do can be read and tested in one place.</summary>
internal static class DynoContainer
{
    public const string User = "21000:21000";

    public const string NamespaceLabel = "minipaas.namespace";
    public const string KindLabel = "minipaas.kind";
    public const string AppLabel = "minipaas.app";
    public const string ReleaseLabel = "minipaas.release";
    public const string DeploymentLabel = "minipaas.deployment";
    public const string ProcessLabel = "minipaas.process";
    public const string OrdinalLabel = "minipaas.ordinal";
    public const string SandboxLabel = "minipaas.sandbox";
    public const string AddressLabel = "minipaas.address";

    /// <summary>On a container: the ports that its image says it listens on.</summary>
    public const string ExposesLabel = "minipaas.exposes";

    private const long Memory = 512L << 20;

    // .profile.d and .profile see the config vars; then the command runs as `bash -c` would run it. The trap keeps this
    // shell alive while the app, which gets the same SIGTERM from tini's process group, shuts down in peace.
    private const string Boot =
        """
        for script in /app/.profile.d/*.sh; do [ -r "$script" ] && . "$script"; done
        [ -r /app/.profile ] && . /app/.profile
        unset script
        trap : TERM
        eval "$1"
        """;

    /// <summary>
    /// True for a container that this instance has made. Labels alone do not say so: a container has those of its image as well, and images
    /// are made by users.
    /// </summary>
    public static bool IsOwn(ContainerSummary container, Settings settings) =>
        container.Name.StartsWith($"{settings.Namespace}-", StringComparison.Ordinal);

    /// <summary>The container of one dyno of a formation.</summary>
    public static ContainerSpec Of(DynoSpec dyno, Sandbox sandbox, Settings settings, ImmutableArray<ContainerMount> mounts)
    {
        var labels = Labels(settings, "dyno", dyno.Release, sandbox)
            .SetItem(DeploymentLabel, $"{dyno.Slot.Deployment}")
            .SetItem(ProcessLabel, dyno.Slot.ProcessType)
            .SetItem(OrdinalLabel, $"{dyno.Slot.Ordinal}");
        return Of(dyno.Release, dyno.Slot.Name, dyno.Command, dyno.Slot.ProcessType == Formation.Web, sandbox, labels, mounts);
    }

    /// <summary>The container of a release's one-off dyno, as the release phase.</summary>
    public static ContainerSpec OneOff(
        Release release, string name, string command, Sandbox sandbox, Settings settings, ImmutableArray<ContainerMount> mounts) =>
        Of(release, name, command, web: false, sandbox, Labels(settings, "release", release, sandbox), mounts);

    private static ContainerSpec Of(
        Release release,
        string name,
        string command,
        bool web,
        Sandbox sandbox,
        ImmutableDictionary<string, string> labels,
        ImmutableArray<ContainerMount> mounts) => new()
    {
        Image = release.Slug!.Id,
        // A container brings its own system: nothing is expected of that, and it starts where its image says.
        Entrypoint = release.Slug.IsContainer ? ExecForm.Words(command) : null,
        Command = release.Slug.IsContainer ? [] : ["/bin/bash", "-c", Boot, "dyno", command],
        Env = Environment(release, name, web),
        User = User,
        WorkingDir = release.Slug.IsContainer ? null : "/app",
        Labels = labels,
        Init = true,
        CapDrop = ["ALL"],
        SecurityOpt = ["no-new-privileges"],
        MemoryBytes = Memory,
        MemorySwapBytes = Memory,
        NanoCpus = 1_000_000_000L * Math.Min(2, System.Environment.ProcessorCount),
        PidsLimit = 512,
        Ulimits = [new("core", 0, 0)],
        Mounts = mounts,
        NetworkMode = $"container:{sandbox.Id}",
        LogDriver = "local",
        LogOptions = ImmutableDictionary<string, string>.Empty.Add("max-size", "10m").Add("max-file", "2"),
    };

    private static ImmutableDictionary<string, string> Labels(Settings settings, string kind, Release release, Sandbox sandbox) =>
        ImmutableDictionary<string, string>.Empty
            .Add(NamespaceLabel, settings.Namespace)
            .Add(KindLabel, kind)
            .Add(AppLabel, $"{release.AppId}")
            .Add(ReleaseLabel, $"{release.Number}")
            .Add(SandboxLabel, sandbox.Id)
            .Add(AddressLabel, sandbox.Address);

    private static ImmutableArray<string> Environment(Release release, string name, bool web)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            // Heroku's dyno metadata, under its names.
            ["HEROKU_RELEASE_VERSION"] = release.Version,
            ["HEROKU_RELEASE_CREATED_AT"] = release.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            ["HEROKU_SLUG_COMMIT"] = release.Slug!.Commit,
        };
        if (!release.Slug.IsContainer)
        {
            variables["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        }

        foreach (var (variable, value) in release.ConfigVars.Values)
        {
            variables[variable] = value.Reveal();
        }

        variables["HOME"] = release.Slug.IsContainer ? "/tmp" : "/app";
        variables["DYNO"] = name;
        variables["PS"] = name;
        // SIGTERM reaches every process of the dyno, as on Heroku, not only the first.
        variables["TINI_KILL_PROCESS_GROUP"] = "1";
        if (web)
        {
            variables["PORT"] = $"{RouteBook.DynoPort}";
        }
        else
        {
            variables.Remove("PORT");
        }

        return [.. variables.Select(v => $"{v.Key}={v.Value}")];
    }
}
