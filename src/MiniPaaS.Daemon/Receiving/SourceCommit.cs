using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>
/// A commit made of files that came without git, so that they are built, recorded and verified like every push. Like the objects of a
/// push, its own lie apart from the repository until it is released, and go when it is not.
/// </summary>
internal sealed class SourceCommit : IAsyncDisposable
{
    /// <summary>Where the repository keeps what was released in this way; no client of git sees it.</summary>
    public const string Refs = "refs/minipaas";

    private const string Imported = "refs/heads/source";
    private readonly string directory;

    private SourceCommit(string directory, string repository)
    {
        this.directory = directory;
        Objects = new ObjectDirectories(repository, Path.Combine(directory, "git", "objects"));
    }

    /// <summary>Where it can be read.</summary>
    public ObjectDirectories Objects { get; }

    /// <summary>40 hex digits.</summary>
    public string Id { get; private set; } = "";

    /// <summary>What of the files was left out.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Makes the commit.</summary>
    /// <param name="settings">Say where work is done.</param>
    /// <param name="repository">Path of the app's bare repository.</param>
    /// <param name="archive">A tar, compressed or not.</param>
    /// <param name="unwrap">True to take away a folder that everything lies in.</param>
    /// <param name="message">The commit's message.</param>
    /// <param name="time">The commit's time.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="SourceException">The archive cannot be deployed.</exception>
    public static async Task<SourceCommit> MakeAsync(
        Settings settings, string repository, string archive, bool unwrap, string message, DateTimeOffset time, CancellationToken ct)
    {
        var commit = new SourceCommit(Path.Combine(settings.Builds, $"source-{Guid.NewGuid():N}"), repository);
        Directory.CreateDirectory(commit.directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            await commit.ImportAsync(archive, unwrap, message, time, ct);
            return commit;
        }
        catch
        {
            await commit.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the commit to the app's repository.</summary>
    public async Task KeepAsync(CancellationToken ct)
    {
        var target = Directory.CreateDirectory(Path.Combine(Objects.Repository, "objects", "pack")).FullName;

        // The index last: without it git does not look at a pack.
        foreach (var file in Directory.GetFiles(Path.Combine(Objects.Quarantine!, "pack")).OrderBy(file => file.EndsWith(".idx", StringComparison.Ordinal)))
        {
            File.Move(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        await Git.ReadAsync(new ObjectDirectories(Objects.Repository, Quarantine: null), ct, "update-ref", $"{Refs}/sources/{Id}", Id);
    }

    public async ValueTask DisposeAsync() => await BuildDirectories.RemoveAsync(directory, CancellationToken.None);

    private async Task ImportAsync(string archive, bool unwrap, string message, DateTimeOffset time, CancellationToken ct)
    {
        var git = Path.Combine(directory, "git");
        await HostProcess.RunAsync(["git", "init", "--quiet", "--bare", "--template=", git], directory, environment: null, ct);

        // What the repository has already is not stored again.
        Directory.CreateDirectory(Path.Combine(git, "objects", "info"));
        await File.WriteAllTextAsync(Path.Combine(git, "objects", "info", "alternates"), Path.Combine(Objects.Repository, "objects") + "\n", ct);
        await using (var import = Git.Start(git, environment: null, ["fastimport.unpackLimit=0"], "fast-import", "--quiet", "--date-format=raw"))
        {
            var failed = false;
            try
            {
                await WriteAsync(import.Input, archive, unwrap, message, time, ct);
                import.Input.Close();
            }
            catch (IOException)
            {
                failed = true;
            }

            await import.EnsureSuccessAsync(ct);
            if (failed)
            {
                throw new IOException("git fast-import stopped reading.");
            }
        }

        var objects = new ObjectDirectories(git, Quarantine: null);
        Id = Encoding.ASCII.GetString(await Git.ReadAsync(objects, ct, "rev-parse", "--verify", Imported)).Trim();
    }

    private async Task WriteAsync(Stream input, string archive, bool unwrap, string message, DateTimeOffset time, CancellationToken ct)
    {
        var import = new FastImport(input);
        var source = new SourceTar(import);
        await using (var content = await ArchiveStream.OpenAsync(archive, ct))
        {
            await source.ReadAsync(content.Tar, ct);
            await content.CompleteAsync(ct);
        }

        Warnings = source.Warnings;
        await import.CommitAsync(Imported, time, message, source.Files(unwrap), ct);
    }
}
