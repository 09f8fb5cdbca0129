using System.Collections.Immutable;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Deploys without git: finds out what was sent, and words what goes wrong.</summary>
internal sealed class Deploys(SourceDeployment sources, ImageDeployment images, Settings settings, ILogger<Deploys> log)
{
    /// <summary>Most bytes of what is sent to be deployed.</summary>
    public const long MaxArchive = 8L << 30;

    private const int MaxLabel = 200;

    /// <summary>Checks what can be said of a deploy before it begins.</summary>
    /// <exception cref="SourceException">It cannot begin.</exception>
    public static void Check(Deploy deploy, bool hasArchive)
    {
        if (new[] { hasArchive, deploy.Url is not null, deploy.Image is not null }.Count(given => given) != 1)
        {
            throw new SourceException("Send an archive, or name one address (url) or one image.");
        }

        if (deploy.Label is { } label && (label.Length is 0 or > MaxLabel || label.Any(char.IsControl)))
        {
            throw new SourceException($"What a release is named after is one line of 1 to {MaxLabel} characters.");
        }
    }

    /// <summary>Checks commands that were given with a deploy.</summary>
    /// <exception cref="SourceException">One of them is none.</exception>
    public static ImmutableSortedDictionary<string, string> CheckProcesses(IReadOnlyDictionary<string, string>? processes)
    {
        var checkedOnes = (processes ?? ImmutableSortedDictionary<string, string>.Empty).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return checkedOnes.FirstOrDefault(process => !Procfile.IsType(process.Key) || string.IsNullOrWhiteSpace(process.Value) || process.Value.AsSpan().ContainsAny('\n', '\0'))
            is { Key: { } type }
            ? throw new SourceException($"\"{type}\" is not a process type with a command of one line.")
            : checkedOnes;
    }

    /// <summary>Checks an archive against the digest that its sender knows.</summary>
    /// <exception cref="SourceException">It is another archive, or the digest is none.</exception>
    public static async Task CheckAsync(string archive, string? checksum, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(checksum))
        {
            return;
        }

        if (!checksum.StartsWith("SHA256:", StringComparison.OrdinalIgnoreCase))
        {
            throw new SourceException("The checksum is not SHA256: and 64 hex digits.");
        }

        await using var file = File.OpenRead(archive);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
        if (!digest.Equals(checksum["SHA256:".Length..], StringComparison.OrdinalIgnoreCase))
        {
            throw new SourceException($"The archive is not the one that was meant: its SHA-256 is {digest}.");
        }
    }

    /// <summary>Deploys; true when it is released. What goes wrong is said, and never thrown.</summary>
    /// <param name="deploy">What it is.</param>
    /// <param name="archive">Path of what was sent; where nothing was, of what is to be fetched.</param>
    /// <param name="output">Shown as it is written.</param>
    /// <param name="ct">Gives up what is not released yet.</param>
    public async Task<bool> RunAsync(Deploy deploy, string archive, PushOutput output, CancellationToken ct)
    {
        try
        {
            if (deploy.Url is { } url)
            {
                await output.WriteLineAsync("-----> Fetching the archive");
                await SourceDownload.GetAsync(settings, url, archive, ct);
            }

            if (deploy.Image is not null)
            {
                return await images.DeployAsync(deploy, archive: null, output, ct);
            }

            var tar = await UnpackedAsync(archive, ct);
            return await ImageArchive.FindAsync(tar, ct) is { } image
                ? await images.DeployAsync(deploy, image, output, ct)
                : await sources.DeployAsync(deploy, tar, output, ct);
        }
        catch (SourceException e)
        {
            await output.WriteLineAsync($" !     {e.Message}");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await output.WriteLineAsync(" !     The deploy was cancelled before its release; nothing has changed. Deploy again.");
        }
        catch (Exception e)
        {
            log.DeployFailed(e, deploy.App.Id);
            await output.WriteLineAsync($" !     The platform failed to handle this deploy: {e.Message}");
            await output.WriteLineAsync(" !     The server's log has the details. Deploy again; if it happens again, tell the server's administrator.");
        }

        return false;
    }

    // It is read more than once: first for what it is.
    private static async Task<string> UnpackedAsync(string archive, CancellationToken ct)
    {
        await using var content = await ArchiveStream.OpenAsync(archive, ct);
        if (content.IsPlain)
        {
            return archive;
        }

        var tar = $"{archive}.tar";
        try
        {
            await SourceStore.SaveAsync(content.Tar, tar, MaxArchive, ct);
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"The archive cannot be unpacked: {e.Message}");
        }

        await content.CompleteAsync(ct);
        return tar;
    }
}
