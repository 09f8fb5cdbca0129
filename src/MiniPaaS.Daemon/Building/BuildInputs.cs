using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>Finds out what a build would be made from, without building.</summary>
internal sealed class BuildInputs(Settings settings, DockerClient docker, TimeProvider time)
{
    private readonly PackReferences references = new(settings);
    private readonly ConcurrentDictionary<string, (string Stamp, string Digest)> packs = new(StringComparer.Ordinal);

    /// <summary>Reads the inputs of a build as they are now.</summary>
    public async Task<SlugInputs> ReadAsync(BuildRequest request, CancellationToken ct)
    {
        var pinned = request.Buildpacks.IsDefaultOrEmpty ? request.PinnedBuildpack : null;
        IEnumerable<string> candidates = !request.Buildpacks.IsDefaultOrEmpty ? request.Buildpacks
            : pinned is not null ? [pinned]
            : references.Detection.Select(own => own.Text);
        string[] stacks = request.StackWanted is { } wanted
            ? [wanted]
            : [.. settings.Stacks.OrderByDescending(stack => stack == settings.DefaultStack)];
        return new SlugInputs
        {
            Driver = BuildSpec.DriverDigest,
            Tree = request.Tree,
            Source = request.SourceDigest,
            Buildpacks = [.. await Task.WhenAll(candidates.Select(pack => PackAsync(pack, ct)))],
            BuildpacksSet = !request.Buildpacks.IsDefaultOrEmpty,
            BuildpackPinned = pinned is not null,
            Stacks = [.. await Task.WhenAll(stacks.Select(stack => StackAsync(stack, ct)))],
            StackSet = request.StackWanted is not null,
            Dotnet = [.. Versions("sdk", "sdk"), .. Versions("runtime", "shared/Microsoft.NETCore.App")],
            ConfigVars = [.. request.ConfigVars.Values.Select(v => v.Key)],
        };
    }

    private async Task<BuildpackInput> PackAsync(string pack, CancellationToken ct)
    {
        if (references.TryParse(pack, out var foreign, out _) && foreign is PackReference.Repository repository)
        {
            return await RepositoryAsync(repository, ct);
        }

        // An archive has no digest before the build fetches it.
        if (!references.TryParse(pack, out var reference, out _) || reference is not PackReference.Own own)
        {
            return new BuildpackInput(reference?.Text ?? PackReferences.Redacted(pack), Url: null, Commit: null, Digest: "");
        }

        var directory = Path.Combine(settings.BuildpacksDir, own.Folder);

        // A digest reads every file: kept for as long as no file looks changed.
        var stamp = StampOf(directory);
        if (!packs.TryGetValue(directory, out var known) || known.Stamp != stamp)
        {
            packs[directory] = known = (stamp, await PackDigest.OfAsync(directory, ct));
        }

        return new BuildpackInput(own.Text, Url: null, Commit: null, known.Digest);
    }

    // Without a digest the app is built, and the build says what is wrong with the repository.
    private async Task<BuildpackInput> RepositoryAsync(PackReference.Repository pack, CancellationToken ct)
    {
        try
        {
            if (await new PackShelf(settings, time).FindAsync(pack, ct) is var (commit, digest))
            {
                return new BuildpackInput(pack.Text, PackReferences.Redacted(pack.Url.AbsoluteUri), commit, digest);
            }
        }
        catch (FetchException)
        {
        }

        return new BuildpackInput(pack.Text, Url: null, Commit: null, Digest: "");
    }

    private static string StampOf(string directory) => string.Join('\n', new DirectoryInfo(directory)
        .EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
        .Select(file => $"{file.FullName} {file.LastWriteTimeUtc.Ticks} {file.UnixFileMode} {(file as FileInfo)?.Length}")
        .Order(StringComparer.Ordinal));

    private async Task<StackInput> StackAsync(string stack, CancellationToken ct)
    {
        var build = docker.InspectImageAsync(BuildSpec.Image(stack, "build"), ct);
        var run = docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct);
        var provides = Path.Combine(settings.BuildpacksDir, "stacks", stack, "provides");
        var digest = File.Exists(provides) ? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(provides, ct))) : "";
        return new StackInput(stack, (await build)?.Id ?? "", (await run)?.Id ?? "", digest);
    }

    private IEnumerable<string> Versions(string what, string folder)
    {
        var directory = Path.Combine(settings.DotnetRoot, folder);
        return Directory.Exists(directory)
            ? Directory.GetDirectories(directory).Select(path => $"{what} {Path.GetFileName(path)}").Order(StringComparer.Ordinal)
            : [];
    }
}
