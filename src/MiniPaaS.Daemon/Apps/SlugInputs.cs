using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace MiniPaaS.Daemon.Apps;

/// <summary>
/// Everything that a build may depend on and that is known before it: the same inputs make the same slug. What a build sees besides is
/// left out on purpose: the commit (another one with the same tree is the same app) and the app's cache (which may only make a build faster).
/// </summary>
internal sealed record SlugInputs
{
    /// <summary>Form of slugs and of this record; a new number makes every app build anew.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Digest of the program that runs the buildpacks.</summary>
    public required string Driver { get; init; }

    /// <summary>Git's id of the tree that was pushed, for people: what counts of it is <see cref="Source"/>.</summary>
    public required string Tree { get; init; }

    /// <summary>Digest of what <c>.slugignore</c> left of that tree.</summary>
    public required string Source { get; init; }

    /// <summary>The buildpacks that might build, in order: which of them does is known only afterwards.</summary>
    public required ImmutableArray<BuildpackInput> Buildpacks { get; init; }

    /// <summary>True when these buildpacks were set, false when the first that applies is taken.</summary>
    public bool BuildpacksSet { get; init; }

    /// <summary>True when an earlier build had detected the one buildpack, false when none had or others are set.</summary>
    public bool BuildpackPinned { get; init; }

    /// <summary>The stacks that the app may be built on, the default one first; one when the user has set it.</summary>
    public required ImmutableArray<StackInput> Stacks { get; init; }

    /// <summary>True when the user has set the stack.</summary>
    public bool StackSet { get; init; }

    /// <summary>Versions of the .NET that is lent to builds, as in <c>sdk 10.0.100</c>; empty where there is none.</summary>
    public required ImmutableArray<string> Dotnet { get; init; }

    /// <summary>Names of the config vars; their values are in the key alone, and in the releases.</summary>
    public required ImmutableArray<string> ConfigVars { get; init; }

    /// <summary>SHA-256 of the inputs and of the config vars' values: the slug's key.</summary>
    public string Key(ConfigVars configVars) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(
        [.. JsonSerializer.SerializeToUtf8Bytes(this with { Tree = "" }), 0, .. JsonSerializer.SerializeToUtf8Bytes(configVars.Reveal())]));

    /// <summary>These inputs with those fetched buildpacks that a slug was made by, whatever their branches stand for by now.</summary>
    public SlugInputs With(ImmutableArray<Buildpack> used) => this with
    {
        Buildpacks = [.. Buildpacks.Select(input => used.FirstOrDefault(pack => pack.Commit is not null && pack.Pack == input.Pack) is { } pack
            ? new BuildpackInput(pack.Pack, pack.Url, pack.Commit, pack.Digest)
            : input)],
    };

    /// <summary>What of these inputs is not the same in others, one phrase each.</summary>
    public IEnumerable<string> Differences(SlugInputs other)
    {
        if (Format != other.Format || Driver != other.Driver)
        {
            yield return "the way in which the platform builds";
        }

        if (Source != other.Source)
        {
            yield return "the source";
        }

        foreach (var name in Changed(Buildpacks, other.Buildpacks, pack => pack.Pack))
        {
            yield return $"the buildpack {name}";
        }

        foreach (var name in Changed(Stacks, other.Stacks, stack => stack.Name))
        {
            yield return $"the stack {name}";
        }

        if (!Dotnet.SequenceEqual(other.Dotnet))
        {
            yield return ".NET";
        }

        if (!ConfigVars.SequenceEqual(other.ConfigVars))
        {
            yield return "the config vars";
        }
    }

    private static IEnumerable<string> Changed<T>(ImmutableArray<T> ours, ImmutableArray<T> theirs, Func<T, string> name) =>
        ours.Except(theirs).Concat(theirs.Except(ours)).Select(name).Distinct();
}

/// <summary>A buildpack as an input.</summary>
/// <param name="Pack">What it is called where packs are chosen.</param>
/// <param name="Url">Where it came from, or null for one of the platform's own.</param>
/// <param name="Commit">Its commit, or null where it has none.</param>
/// <param name="Digest">SHA-256 of its files.</param>
internal sealed record BuildpackInput(string Pack, string? Url, string? Commit, string Digest);

/// <summary>A stack as an input.</summary>
/// <param name="Name">As in <c>bookworm</c>.</param>
/// <param name="BuildImage">Id of the image that builds run in; empty when there is none.</param>
/// <param name="RunImage">Id of the image below the slug; empty when there is none.</param>
/// <param name="Provides">SHA-256 of the list that buildpacks choose a stack by; empty when there is none.</param>
internal sealed record StackInput(string Name, string BuildImage, string RunImage, string Provides);
