using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Archives that lie elsewhere: fetched by a program without rights, which reaches public addresses only.</summary>
internal static class SourceDownload
{
    private static readonly TimeSpan Time = TimeSpan.FromMinutes(10);

    /// <summary>Downloads one to a file.</summary>
    /// <returns><c>sha256:</c> and 64 hex digits: of the file.</returns>
    /// <exception cref="SourceException">It cannot be had.</exception>
    public static async Task<string> GetAsync(Settings settings, string address, string file, CancellationToken ct)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new SourceException($"\"{PackReferences.Redacted(address)}\" is not the http or https address of an archive.");
        }

        try
        {
            await using var fetch = new Fetch(settings with { Packs = settings.Packs with { Size = SourceTar.MaxSize, Time = Time } }, ct);
            return await new ArchiveDownload(fetch, url, file).GetAsync();
        }
        catch (FetchException e)
        {
            throw new SourceException($"The archive could not be fetched: {e.Message}");
        }
    }
}
