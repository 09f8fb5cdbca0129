using System.Security.Cryptography;
using System.Text.Json;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// What builds of one app run in: a container with its directories and its network. It is fresh, or was cleaned after a build of the same
/// app; others never see it.
/// </summary>
internal sealed class AppBuilder : IAsyncDisposable
{
    // More than a compiler needs: whoever leaves more behind starts anew.
    private const long MostMemory = 768L << 20;

    private static readonly TimeSpan CleaningTime = TimeSpan.FromMinutes(1);

    private readonly DockerClient docker;
    private readonly BuildSpec spec;
    private readonly BuildNetwork network;
    private string environment = "";
    private bool isPaused;
    private BuildContainer container;

    private AppBuilder(DockerClient docker, BuildSpec spec, BuildNetwork network, BuildGround ground)
    {
        this.docker = docker;
        this.spec = spec;
        this.network = network;
        Ground = ground;
        container = Start();
    }

    public BuildDirectories Directories => spec.Directories;

    /// <summary>What it stands on.</summary>
    public BuildGround Ground { get; private set; }

    /// <summary>Bytes of memory it used when it was put aside.</summary>
    public long Memory { get; private set; }

    /// <summary>Makes one, which starts while other preparations go on.</summary>
    public static async Task<AppBuilder> CreateAsync(
        Settings settings, DockerClient docker, BuildLimits limits, BuildRequest request, BuildGround ground, CancellationToken ct)
    {
        var directories = BuildDirectories.Create(settings, request);
        try
        {
            var leased = await request.LeaseNetwork(ct);
            var made = new BuildSpec
            {
                Settings = settings,
                Limits = limits,
                AppId = request.AppId,
                Directories = directories,
                NetworkMode = leased.NetworkMode,
            };
            return new AppBuilder(docker, made, leased, ground);
        }
        catch
        {
            await directories.DisposeAsync();
            throw;
        }
    }

    /// <summary>True when a build may run in it: one that served before is the right one for the same packs and config vars only.</summary>
    public bool Fits(BuildRequest request, BuildGround ground) =>
        container.IsAlive && Ground == ground && (environment.Length == 0 || environment == EnvironmentOf(request));

    /// <summary>Waits until it runs.</summary>
    public Task StartedAsync() => container.StartedAsync();

    /// <summary>Moves to another stack: a fresh container with the same directories.</summary>
    public async Task MoveAsync(BuildGround ground)
    {
        await container.DisposeAsync();
        Ground = ground;
        container = Start();
    }

    /// <summary>Runs the packs.</summary>
    /// <returns>The exit code of a container that ended before its time, else null.</returns>
    /// <exception cref="BuildRejectedException">The stack's image is missing.</exception>
    public async Task<int?> BuildAsync(BuildRequest request, BuildOutput output, CancellationToken ct)
    {
        if (isPaused)
        {
            await container.UnpauseAsync(ct);
            isPaused = false;
        }

        environment = EnvironmentOf(request);
        return await container.RunAsync("build", Ground.Stack, (channel, data) => output.AddAsync(data, channel == OutputChannel.Stderr), ct);
    }

    /// <summary>After it, nothing in the container changes the tree any more.</summary>
    public async Task HoldStillAsync(CancellationToken ct)
    {
        try
        {
            await container.PauseAsync(ct);
            isPaused = true;
        }
        catch (DockerException)
        {
            // It has ended, or can be stopped in no other way.
            await container.DisposeAsync();
        }
    }

    /// <summary>Bytes on disk that were written in the container itself, beside its directories.</summary>
    public Task<long> DiskAsync(CancellationToken ct) => container.DiskAsync(ct);

    /// <summary>Ends it; true when something in it was killed because the memory limit was reached.</summary>
    public Task<bool> RanOutOfMemoryAsync(CancellationToken ct) => container.RanOutOfMemoryAsync(ct);

    /// <summary>Takes away what the last build left; false when that cannot be done, or what stays is too large.</summary>
    /// <param name="servers">Patterns of the programs that may stay.</param>
    public async Task<bool> CleanAsync(IEnumerable<string> servers)
    {
        using var limit = new CancellationTokenSource(CleaningTime);
        try
        {
            BuildPlan.WriteServers(Directories.Plan, servers);
            await container.UnpauseAsync(limit.Token);
            if (await container.RunAsync("clean", Ground.Stack, (_, _) => ValueTask.CompletedTask, limit.Token) is not null
                || BuildResults.Take(Directories.Results).Status != 0)
            {
                return false;
            }

            await container.PauseAsync(limit.Token);
            await Directories.EmptyAsync(limit.Token);
            Memory = await container.MemoryAsync(limit.Token);
            return Memory < MostMemory;
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException or BuildRejectedException or HostProcessException or IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await container.DisposeAsync();
        await network.DisposeAsync();
        await Directories.DisposeAsync();
    }

    private BuildContainer Start() => new(
        docker,
        $"{spec.Settings.Namespace}-build-{spec.AppId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}",
        spec.On(Ground.Stack),
        Path.Combine(Directories.Plan, BuildPlan.Jobs));

    private static string EnvironmentOf(BuildRequest request) => Convert.ToHexStringLower(SHA256.HashData(
        [.. JsonSerializer.SerializeToUtf8Bytes(request.Buildpacks), 0, .. JsonSerializer.SerializeToUtf8Bytes(request.ConfigVars.Reveal())]));
}

/// <summary>What a builder stands on.</summary>
/// <param name="Stack">Name of the stack.</param>
/// <param name="Image">Id of its build image; empty when there is none.</param>
internal sealed record BuildGround(string Stack, string Image)
{
    /// <summary>The ground that a stack is now.</summary>
    public static async Task<BuildGround> OfAsync(DockerClient docker, string stack, CancellationToken ct) =>
        new(stack, (await docker.InspectImageAsync(BuildSpec.Image(stack, "build"), ct))?.Id ?? "");
}
