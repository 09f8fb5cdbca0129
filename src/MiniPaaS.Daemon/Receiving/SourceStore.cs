using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Archives that were sent before a build is asked for, as Heroku's sources: each has an address that nobody can guess, for an hour.</summary>
internal sealed partial class SourceStore(Settings settings, TimeProvider time)
{
    /// <summary>How long an archive is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Makes a place for one archive and returns its name; forgets those whose time is over.</summary>
    public string Open()
    {
        Directory.CreateDirectory(settings.Sources, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var file in new DirectoryInfo(settings.Sources).GetFiles().Where(file => now - file.LastWriteTimeUtc > Lifetime))
        {
            file.Delete();
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        File.Create(PathOf(id)).Dispose();
        return id;
    }

    /// <summary>Path of an archive; null when there is no such place.</summary>
    public string? Find(string id) => Id().IsMatch(id) && File.Exists(PathOf(id)) ? PathOf(id) : null;

    /// <summary>Writes what was sent to a file, which is complete or not there.</summary>
    /// <exception cref="SourceException">It is larger than any source may be.</exception>
    public static async Task SaveAsync(Stream content, string path, long limit, CancellationToken ct)
    {
        var incomplete = $"{path}.{Guid.NewGuid():N}";
        try
        {
            await using (var file = new FileStream(incomplete, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                var buffer = new byte[256 * 1024];
                for (int read; (read = await content.ReadAsync(buffer, ct)) > 0;)
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), ct);
                    if (file.Position > limit)
                    {
                        throw new SourceException($"What was sent is larger than {ByteSize.Format(limit)}, which is the most that is taken.");
                    }
                }
            }

            File.Move(incomplete, path, overwrite: true);
        }
        finally
        {
            File.Delete(incomplete);
        }
    }

    private string PathOf(string id) => Path.Combine(settings.Sources, id);

    [GeneratedRegex(@"^[0-9a-f]{48}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Id();
}
