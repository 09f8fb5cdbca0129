using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>The name of an image as Docker reads it (distribution's reference grammar), in its short form: without docker.io and library.</summary>
/// <param name="Repository">As in <c>nginx</c> or <c>registry.example.org:5000/shop</c>.</param>
/// <param name="Tag">As in <c>1.27</c>; null where there is a digest or nothing.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hex digits, or null.</param>
internal sealed partial record ImageReference(string Repository, string? Tag, string? Digest)
{
    private const int MaxLength = 512;

    /// <summary>Host of the registry with its port; null for Docker's own.</summary>
    public string? Registry =>
        Repository.Split('/') is [var host, _, ..] && (host.AsSpan().ContainsAny('.', ':') || host == "localhost") ? host : null;

    /// <summary>Tag or digest that is asked for.</summary>
    public string Version => Digest ?? Tag ?? "latest";

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (text.Length > MaxLength || Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var digest = match.Groups["digest"] is { Success: true } d ? d.Value : null;
        var tag = digest is null && match.Groups["tag"] is { Success: true } t ? t.Value : null;
        reference = new ImageReference(Short(match.Groups["repository"].Value), tag, digest);
        return true;
    }

    /// <summary>True when an image bears this name: engines also find images by the first digits of their id.</summary>
    public bool IsNameOf(ImageDetails image) => Digest is null
        ? image.RepoTags.Any(tag => TryParse(tag, out var name) && name.Repository == Repository && name.Version == Version)
        : image.RepoDigests.Any(name => TryParse(name, out var known) && known.Repository == Repository && known.Digest == Digest);

    public override string ToString() => Digest is null ? $"{Repository}:{Version}" : $"{Repository}@{Digest}";

    private static string Short(string repository)
    {
        var name = repository.StartsWith("docker.io/", StringComparison.Ordinal) ? repository["docker.io/".Length..] : repository;
        return name.StartsWith("library/", StringComparison.Ordinal) ? name["library/".Length..] : name;
    }

    [GeneratedRegex(
        @"^(?<repository>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?\z",
        RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex Form();
}
