using System.Collections.Immutable;
using System.Diagnostics;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// Shared runtimes that slugs are run with but do not contain. Each version is copied once and never changed, so that an
/// upgrade of the host's .NET does not reach into releases that were built before it.
/// </summary>
internal sealed class Runtimes(Settings settings)
{
    private const string Dotnet = "dotnet";

    /// <summary>Holds a folder per runtime.</summary>
    public string Root => Path.Combine(settings.StateDir, "runtimes");

    /// <summary>Turns the runtimes a buildpack asked for (<c>dotnet</c>) into the exact ones on this machine (<c>dotnet-10.0.12</c>).</summary>
    /// <exception cref="InvalidOperationException">The host has no such runtime.</exception>
    public async Task<Slug> PinAsync(Slug slug, CancellationToken ct)
    {
        var pinned = ImmutableArray.CreateBuilder<string>();
        foreach (var mount in slug.Mounts)
        {
            pinned.Add(mount == Dotnet ? await PinDotnetAsync(ct) : mount);
        }

        return slug with { Mounts = pinned.ToImmutable() };
    }

    /// <summary>What every container of a slug sees of the host: its runtimes and the host's CA certificates, all read-only. A container sees nothing.</summary>
    public ImmutableArray<ContainerMount> Mounts(Slug slug)
    {
        if (slug.IsContainer)
        {
            return [];
        }

        var mounts = slug.Mounts.Select(name => ReadOnly(Path.Combine(Root, name), "/usr/share/dotnet"));
        return settings.CaBundle is { } bundle
            ? [.. mounts, ReadOnly(bundle, "/etc/ssl/certs/ca-certificates.crt")]
            : [.. mounts];
    }

    private static ContainerMount ReadOnly(string source, string target) => new() { Source = source, Target = target, ReadOnly = true };

    private async Task<string> PinDotnetAsync(CancellationToken ct)
    {
        var runtimes = Path.Combine(settings.DotnetRoot, "shared", "Microsoft.NETCore.App");
        var versions = Directory.Exists(runtimes)
            ? Directory.GetDirectories(runtimes).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray()
            : [];
        if (versions.Length == 0)
        {
            throw new InvalidOperationException($"There is no .NET runtime in {settings.DotnetRoot}; install .NET and run install.sh again.");
        }

        var name = $"{Dotnet}-{string.Join('-', versions)}";
        var target = Path.Combine(Root, name);
        if (!Directory.Exists(target))
        {
            var incomplete = $"{target}.incomplete";
            Directory.CreateDirectory(incomplete);
            foreach (var part in (string[])[Dotnet, "host", "shared"])
            {
                await CopyAsync(Path.Combine(settings.DotnetRoot, part), incomplete, ct);
            }

            Directory.Move(incomplete, target);
        }

        return name;
    }

    private static async Task CopyAsync(string source, string target, CancellationToken ct)
    {
        var start = new ProcessStartInfo("cp") { UseShellExecute = false, ArgumentList = { "-a", "--reflink=auto", "--", source, target } };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
        {
            throw new IOException($"{source} could not be copied to {target}; is the disk full?");
        }
    }
}
