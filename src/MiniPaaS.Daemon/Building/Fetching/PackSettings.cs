using System.Collections.Immutable;

namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Where buildpacks and submodules may come from; the operator's word, read once at start.</summary>
internal sealed record PackSettings
{
    /// <summary>Address of the pack <c>org/name</c> where the platform has none of its own, with <c>{org}</c> and <c>{name}</c> in it.</summary>
    public string Shorthand { get; init; } = "https://github.com/{org}/heroku-buildpack-{name}.git";

    /// <summary>Directories of this machine that packs may lie in; none: no user can name a directory.</summary>
    public ImmutableArray<string> Directories { get; init; } = [];

    /// <summary>Hosts that may be asked although their address is a private one, as <c>git.example.org</c> or <c>10.0.0.7:3000</c>.</summary>
    public ImmutableArray<string> PrivateHosts { get; init; } = [];

    /// <summary>How long a host may take to accept a connection.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long one pack may take altogether.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Bytes that one pack may have on its way here, and its files together.</summary>
    public long Size { get; init; } = 300L << 20;

    /// <summary>Reads <c>MINIPAAS_BUILDPACK_SHORTHAND</c>, <c>MINIPAAS_BUILDPACK_DIRS</c> and <c>MINIPAAS_PRIVATE_HOSTS</c>.</summary>
    /// <param name="read">Value of a variable, or null.</param>
    /// <exception cref="FormatException">A value cannot be understood; the message names it.</exception>
    public static PackSettings Read(Func<string, string?> read)
    {
        var settings = new PackSettings
        {
            Directories = Words(read("MINIPAAS_BUILDPACK_DIRS"), ':'),
            PrivateHosts = Words(read("MINIPAAS_PRIVATE_HOSTS"), ' '),
        };
        if (settings.Directories.FirstOrDefault(path => !Path.IsPathFullyQualified(path)) is { } relative)
        {
            throw new FormatException($"MINIPAAS_BUILDPACK_DIRS names \"{relative}\", which is not an absolute path.");
        }

        return read("MINIPAAS_BUILDPACK_SHORTHAND") switch
        {
            null or "" => settings,
            var text when text.Contains("{name}", StringComparison.Ordinal) => settings with { Shorthand = text },
            _ => throw new FormatException("MINIPAAS_BUILDPACK_SHORTHAND has no {name} in it, as in https://git.example.org/{org}/{name}.git."),
        };
    }

    private static ImmutableArray<string> Words(string? text, char separator) =>
        [.. (text ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
