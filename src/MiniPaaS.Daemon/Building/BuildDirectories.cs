using System.Text;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// The directories of one build on the host. Those that app code writes to belong to the dyno user; everything above them is root's
/// alone, so that a build container sees what is mounted and the dyno user on the host sees nothing else.
/// </summary>
internal sealed class BuildDirectories : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string root;

    private BuildDirectories(string root, string cache)
    {
        this.root = root;
        Cache = cache;
    }

    /// <summary>The app: first its source, then what was built from it.</summary>
    public string Tree => Path.Combine(root, "build");

    /// <summary>Kept from one build of the app to the next, unless the build is to have a clean one.</summary>
    public string Cache { get; }

    /// <summary>One file per config var.</summary>
    public string Env => Path.Combine(root, "env");

    /// <summary>The build's own copy of its buildpacks.</summary>
    public string Packs => Path.Combine(root, "packs");

    /// <summary>What the driver is told; root's, and read-only in the container.</summary>
    public string Plan => Path.Combine(root, "plan");

    /// <summary>How the build went, told by what ran in it.</summary>
    public string Results => Path.Combine(root, "results");

    /// <summary>The slug's layer as a file.</summary>
    public string Layer => Path.Combine(root, "layer.tar");

    /// <summary>Everything that a build may write to on the host.</summary>
    public IReadOnlyList<string> Written => [root, Cache];

    /// <summary>Makes those of a builder.</summary>
    public static BuildDirectories Create(Settings settings, BuildRequest request)
    {
        Directory.CreateDirectory(settings.Builds, OwnerOnly);
        Directory.CreateDirectory(settings.BuildCaches, OwnerOnly);
        var place = Path.Combine(settings.Builds, $"{request.AppId}-{Guid.NewGuid():N}");
        var directories = new BuildDirectories(place, request.CleanCache ? Path.Combine(place, "cache") : CacheOf(settings, request.AppId));
        Directory.CreateDirectory(directories.root, OwnerOnly);
        foreach (var path in (string[])[directories.Tree, directories.Env, directories.Packs, directories.Results, directories.Cache])
        {
            DynoUser.CreateDirectory(path);
        }

        Directory.CreateDirectory(directories.Plan, OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Posix.MakePipe(Path.Combine(directories.Plan, BuildPlan.Jobs));
        File.SetUnixFileMode(Path.Combine(directories.Plan, BuildPlan.Jobs), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        return directories;
    }

    /// <summary>The cache of an app.</summary>
    public static string CacheOf(Settings settings, long appId) => Path.Combine(settings.BuildCaches, $"{appId}");

    /// <summary>Empties the cache.</summary>
    public async Task EmptyCacheAsync()
    {
        await RemoveAsync(Cache, CancellationToken.None);
        DynoUser.CreateDirectory(Cache);
    }

    /// <summary>Removes everything but the cache.</summary>
    public async ValueTask DisposeAsync() => await RemoveAsync(root, CancellationToken.None);

    /// <summary>Removes a directory that app code has filled.</summary>
    /// <remarks>By rm, which follows no link and knows no depth: .NET cannot delete names that are no UTF-8, and recurses on the stack.</remarks>
    public static async Task RemoveAsync(string path, CancellationToken ct)
    {
        if (Directory.Exists(path))
        {
            await HostProcess.RunAsync(["rm", "--recursive", "--force", "--one-file-system", "--", path], "/", environment: null, ct);
        }
    }

    /// <summary>Writes the config vars of a build.</summary>
    public void WriteEnv(BuildRequest request)
    {
        foreach (var (name, value) in request.ConfigVars.Values)
        {
            var path = Path.Combine(Env, name);
            using (var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead,
            }))
            {
                file.Write(Encoding.UTF8.GetBytes(value.Reveal()));
            }

            Posix.ChangeOwner(path, DynoUser.Id);
        }
    }

    /// <summary>Empties all but the cache for another build. The directories stay: the container holds them.</summary>
    public Task EmptyAsync(CancellationToken ct) => HostProcess.RunAsync(
        ["find", Tree, Env, Packs, Results, "-mindepth", "1", "-delete"], "/", environment: null, ct);
}
