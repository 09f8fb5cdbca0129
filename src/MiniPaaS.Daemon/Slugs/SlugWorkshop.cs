using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>A directory for making something of a slug, which only root can enter; it is removed with what is in it.</summary>
internal sealed class SlugWorkshop : IAsyncDisposable
{
    private SlugWorkshop(string path) => Directory = path;

    /// <summary>The directory's path.</summary>
    public string Directory { get; }

    /// <summary>Makes one. Those of a daemon that died are removed with the builds' directories.</summary>
    public static SlugWorkshop Open(Settings settings)
    {
        var path = Path.Combine(settings.Builds, $"slug-{Guid.NewGuid():N}");
        System.IO.Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new SlugWorkshop(path);
    }

    public async ValueTask DisposeAsync() => await BuildDirectories.RemoveAsync(Directory, CancellationToken.None);
}
