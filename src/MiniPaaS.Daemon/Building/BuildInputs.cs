using System.Collections.Immutable;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>Finds out what a build would be made from, without building.</summary>
internal static class BuildInputs
{
    /// <summary>Reads the inputs of a build as they are now.</summary>
    /// <param name="request">The build.</param>
    /// <param name="settings">Say where buildpacks, stacks and .NET are.</param>
    /// <param name="docker">Knows the stacks' images.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<SlugInputs> ReadAsync(BuildRequest request, Settings settings, DockerClient docker, CancellationToken ct)
    {
        var candidates = request.Buildpack is { } set ? [set] : SlugBuild.Buildpacks(settings);
        string[] stacks = request.StackWanted is { } wanted
            ? [wanted]
            : [.. settings.Stacks.OrderByDescending(stack => stack == settings.DefaultStack)];
        return new SlugInputs
        {
            Driver = BuildSpec.DriverDigest,
            Tree = request.Tree,
            Source = request.SourceDigest,
            Buildpacks = [.. candidates.Select(pack => new BuildpackInput(pack, Url: null, Commit: null, DigestOf(Path.Combine(settings.BuildpacksDir, pack))))],
            BuildpacksSet = request.Buildpack is not null,
            Stacks = [.. await Task.WhenAll(stacks.Select(stack => StackAsync(stack, settings, docker, ct)))],
            Dotnet = Dotnet(settings.DotnetRoot),
            ConfigVars = [.. request.ConfigVars.Values.Select(v => v.Key)],
        };
    }

    /// <summary>SHA-256 of the names, rights and contents of a directory's files; empty when there is no such directory.</summary>
    public static string DigestOf(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return "";
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(file);
            var name = Path.GetRelativePath(directory, file);
            if (info.LinkTarget is { } target)
            {
                Add(hash, $"link {name} {target}");
            }
            else if (info.Exists)
            {
                var executable = info.UnixFileMode.HasFlag(UnixFileMode.UserExecute);
                Add(hash, $"{(executable ? "program" : "file")} {name} {info.Length}");
                hash.AppendData(File.ReadAllBytes(file));
            }
        }

        return Text(hash.GetHashAndReset());
    }

    private static async Task<StackInput> StackAsync(string stack, Settings settings, DockerClient docker, CancellationToken ct)
    {
        var build = docker.InspectImageAsync(BuildSpec.Image(stack, "build"), ct);
        var run = docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct);
        var provides = Path.Combine(settings.BuildpacksDir, "stacks", stack, "provides");
        return new StackInput(
            stack, (await build)?.Id ?? "", (await run)?.Id ?? "", File.Exists(provides) ? Text(SHA256.HashData(File.ReadAllBytes(provides))) : "");
    }

    private static ImmutableArray<string> Dotnet(string root) =>
    [
        .. Versions("sdk", Path.Combine(root, "sdk")),
        .. Versions("runtime", Path.Combine(root, "shared", "Microsoft.NETCore.App")),
    ];

    private static IEnumerable<string> Versions(string what, string directory) => Directory.Exists(directory)
        ? Directory.GetDirectories(directory).Select(path => $"{what} {Path.GetFileName(path)}").Order(StringComparer.Ordinal)
        : [];

    private static void Add(IncrementalHash hash, string text) => hash.AppendData([.. System.Text.Encoding.UTF8.GetBytes(text), 0]);

    private static string Text(byte[] digest) => "sha256:" + Convert.ToHexStringLower(digest);
}
