using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>What a build container is: the classic buildpack environment, and nothing of the host but the build's own directories.</summary>
internal sealed record BuildSpec
{
    private const string Buildpacks = "/tmp/codon/tmp/buildpacks";
    private const string PlatformPacks = "/tmp/codon/platform";
    private const string Cache = "/tmp/codon/tmp/cache";
    private const string Results = "/tmp/codon/results";
    private const string Plan = "/tmp/codon/plan";
    private const string Certificates = "/etc/ssl/certs/ca-certificates.crt";
    private const string Dotnet = "/usr/share/dotnet";

    // Real buildpacks know Heroku's stacks only, and choose their downloads by this name.
    private const string HerokuStack = "heroku-24";

    private static readonly string[] CertificateVariables =
        ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"];

    private static readonly Lazy<string> Driver = new(() =>
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("build.sh")!);
        return reader.ReadToEnd();
    });

    /// <summary>SHA-256 of the program that runs the buildpacks in the container.</summary>
    public static string DriverDigest => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Driver.Value)));

    public required Settings Settings { get; init; }

    public required BuildLimits Limits { get; init; }

    /// <summary>App that is built.</summary>
    public required long AppId { get; init; }

    public required BuildDirectories Directories { get; init; }

    public required string NetworkMode { get; init; }

    // The same for all builds of an app: what a compiler notes of its paths does not change the slug, and caches stay valid.
    private string BuildDir => $"/tmp/build_{AppId:x8}";

    private string EnvDir => $"/tmp/env_{AppId:x8}";

    /// <summary>Labels that find every build container of this instance.</summary>
    public static IReadOnlyList<string> Labels(Settings settings) => [$"minipaas.namespace={settings.Namespace}", "minipaas.kind=build"];

    /// <summary>Name of a stack's image.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="kind"><c>run</c> or <c>build</c>.</param>
    public static string Image(string stack, string kind) => $"minipaas/stack-{stack}:{kind}";

    /// <summary>The container on a stack.</summary>
    /// <param name="stack">Stack to build on.</param>
    public ContainerSpec On(string stack) => new()
    {
        Image = Image(stack, "build"),
        Entrypoint = ["/bin/bash", "-c", Driver.Value, "build.sh"],
        Command = [BuildDir, Cache, EnvDir, Results, Plan, PlatformPacks],
        Env = Environment(stack),
        User = DynoUser.Container,
        WorkingDir = "/app",
        Labels = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
        [
            new("minipaas.namespace", Settings.Namespace),
            new("minipaas.kind", "build"),
            new KeyValuePair<string, string>("minipaas.app", $"{AppId}"),
        ]),
        Init = true,
        CapDrop = ["ALL"],
        SecurityOpt = ["no-new-privileges"],
        MemoryBytes = Limits.Memory,
        MemorySwapBytes = Limits.Memory,
        NanoCpus = Limits.Cpus * 1_000_000_000L,
        PidsLimit = Limits.Processes,
        OomScoreAdj = 500,
        // Open files stay at the engine's own limit: not every host lets it raise that.
        Ulimits = [new ContainerUlimit("core", 0, 0)],
        Mounts = Mounts(),
        NetworkMode = NetworkMode,
        LogDriver = "none",
    };

    private ImmutableArray<string> Environment(string stack)
    {
        IEnumerable<string> certificates = Settings.CaBundle is null
            ? []
            : CertificateVariables.Select(name => $"{name}={Certificates}").Append("NUGET_CERT_REVOCATION_MODE=offline");
        string[] dotnet = Directory.Exists(Settings.DotnetRoot) ? [$"DOTNET_ROOT={Dotnet}"] : [];
        return
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/app",
            $"STACK={HerokuStack}",
            "BUILDPACK_LOG_FILE=/dev/null",
            $"MINIPAAS_STACK={stack}",
            $"MINIPAAS_STACKS={string.Join(' ', Settings.Stacks.OrderByDescending(s => s == Settings.DefaultStack))}",
            $"MINIPAAS_STACKS_DIR={PlatformPacks}/stacks",
            .. certificates,
            .. dotnet,
        ];
    }

    private ImmutableArray<ContainerMount> Mounts()
    {
        var mounts = ImmutableArray.CreateBuilder<ContainerMount>();
        mounts.Add(new ContainerMount { Source = Directories.Tree, Target = BuildDir });
        mounts.Add(new ContainerMount { Source = Directories.Cache, Target = Cache });
        mounts.Add(new ContainerMount { Source = Directories.Packs, Target = Buildpacks });
        mounts.Add(new ContainerMount { Source = Directories.Results, Target = Results });
        mounts.Add(new ContainerMount { Source = Directories.Plan, Target = Plan, ReadOnly = true });
        mounts.Add(new ContainerMount { Source = Directories.Env, Target = EnvDir, ReadOnly = true });
        mounts.Add(new ContainerMount { Source = Settings.BuildpacksDir, Target = PlatformPacks, ReadOnly = true });
        if (Settings.CaBundle is { } bundle)
        {
            mounts.Add(new ContainerMount { Source = bundle, Target = Certificates, ReadOnly = true });
        }

        if (Directory.Exists(Settings.DotnetRoot))
        {
            mounts.Add(new ContainerMount { Source = Settings.DotnetRoot, Target = Dotnet, ReadOnly = true });
        }

        return mounts.ToImmutable();
    }
}
