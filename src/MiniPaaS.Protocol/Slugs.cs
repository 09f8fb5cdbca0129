using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>A slug, with the members of Heroku's Platform API.</summary>
public sealed record SlugInfo
{
    /// <summary>Uuid: the same for the same slug of the same app.</summary>
    public required string Id { get; init; }

    /// <summary>Where it can be fetched as an image archive.</summary>
    public required SlugBlob Blob { get; init; }

    /// <summary>Names of its buildpacks, as in <c>PHP</c>.</summary>
    public required string BuildpackProvidedDescription { get; init; }

    /// <summary>Digest of the slug's own layer, uncompressed; null in lists, and when its image is gone.</summary>
    public string? Checksum { get; init; }

    /// <summary>Commit it was built from.</summary>
    public required string Commit { get; init; }

    /// <summary>Always null: what was said of the commit is in the repository.</summary>
    public string? CommitDescription { get; init; }

    /// <summary>When its first release was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Command lines by process type.</summary>
    public required ImmutableSortedDictionary<string, string> ProcessTypes { get; init; }

    /// <summary>Bytes of its own layer, uncompressed.</summary>
    public required long Size { get; init; }

    /// <summary>Stack it runs on.</summary>
    public required Reference Stack { get; init; }

    /// <summary>When its first release was made.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Extension: digest of the image that is the slug: <c>sha256:</c> and 64 hex digits.</summary>
    public required string Digest { get; init; }

    /// <summary>Extension: id of its stack's image.</summary>
    public required string StackImage { get; init; }

    /// <summary>Extension: numbers of the releases that run it, the oldest first.</summary>
    public required ImmutableArray<int> Releases { get; init; }

    /// <summary>Extension: what it was made from, or null when that was not recorded.</summary>
    public SlugInputsInfo? Inputs { get; init; }
}

/// <summary>Where a slug can be fetched, with the same token.</summary>
/// <param name="Method">Always <c>get</c>.</param>
/// <param name="Url">Address.</param>
public sealed record SlugBlob(string Method, string Url);

/// <summary>What a slug was made from.</summary>
/// <param name="Key">Digest of all inputs and of the config vars' values; null when the platform did not make the slug itself.</param>
/// <param name="Tree">Git's id of the commit's tree.</param>
/// <param name="Source">Digest of what .slugignore left of it.</param>
/// <param name="Buildpacks">Buildpacks that built it or that were asked whether they apply, in order.</param>
/// <param name="Stacks">Stacks that it might have been built on.</param>
/// <param name="Dotnet">Versions of the .NET that was lent to the build.</param>
/// <param name="ConfigVars">Names of the config vars that the build could read.</param>
public sealed record SlugInputsInfo(
    string? Key,
    string Tree,
    string Source,
    ImmutableArray<BuildpackInfo> Buildpacks,
    ImmutableArray<StackImages> Stacks,
    ImmutableArray<string> Dotnet,
    ImmutableArray<string> ConfigVars);

/// <summary>A buildpack that a build could use.</summary>
/// <param name="Name">What it is called where packs are chosen.</param>
/// <param name="Url">Where it was fetched from; null for one of the platform's own.</param>
/// <param name="Commit">Commit it was fetched at, or null.</param>
/// <param name="Digest">Digest of everything in it.</param>
public sealed record BuildpackInfo(string Name, string? Url, string? Commit, string Digest);

/// <summary>The two images of a stack.</summary>
/// <param name="Name">As in <c>bookworm</c>.</param>
/// <param name="BuildImage">Id of the image that builds run in.</param>
/// <param name="RunImage">Id of the image that slugs lie on.</param>
public sealed record StackImages(string Name, string BuildImage, string RunImage);

/// <summary>A file of a slug.</summary>
/// <param name="Path">Below <c>/app</c>.</param>
/// <param name="Kind"><c>file</c>, <c>directory</c> or <c>symlink</c>.</param>
/// <param name="Mode">Permissions in octal digits, as in <c>644</c>.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Checksum">SHA-256 of a file, else null.</param>
/// <param name="Target">Where a symlink leads, else null.</param>
public sealed record SlugFileInfo(string Path, string Kind, string Mode, long Size, string? Checksum, string? Target);

/// <summary>A difference between two slugs.</summary>
/// <param name="Path">Below <c>/app</c>, or <c>process type NAME</c>.</param>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="Before">Bytes before, or null when it was added.</param>
/// <param name="After">Bytes after, or null when it was removed.</param>
/// <param name="Detail">What has changed, as in <c>content</c>; or null.</param>
public sealed record SlugChangeInfo(string Path, string Change, long? Before, long? After, string? Detail);

/// <summary>What building a slug once more has shown.</summary>
/// <param name="Slug">Id of the slug.</param>
/// <param name="Verified">True when the rebuild is the slug, bit for bit.</param>
/// <param name="Checksum">Digest of the slug's layer; null when there was no rebuild.</param>
/// <param name="RebuiltChecksum">Digest of the layer that was built; null when there was no rebuild.</param>
/// <param name="Changes">Differences from the slug to the rebuild.</param>
/// <param name="OtherInputs">Recorded inputs that are not there any more as they were, one phrase each.</param>
/// <param name="Error">Why it could not be built again, or null.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record SlugVerificationInfo(
    string Slug,
    bool Verified,
    string? Checksum,
    string? RebuiltChecksum,
    ImmutableArray<SlugChangeInfo> Changes,
    ImmutableArray<string> OtherInputs,
    string? Error,
    double Seconds);

/// <summary>A stack of the server, with the members of Heroku's Platform API.</summary>
public sealed record StackInfo
{
    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>As in <c>bookworm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>True for the one that apps get unless they want another.</summary>
    public required bool Default { get; init; }

    /// <summary><c>public</c>, <c>deprecated</c> (it has a date of retirement), <c>retired</c> (that has passed), or <c>missing</c> (its images are not there).</summary>
    public required string State { get; init; }

    /// <summary>When the run image was made; the epoch where it is missing.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The same.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Extension: what it is.</summary>
    public required string Description { get; init; }

    /// <summary>Extension: date of retirement, or null.</summary>
    public DateOnly? RetiredOn { get; init; }

    /// <summary>Extension: id of the image that slugs lie on, or null.</summary>
    public string? RunImage { get; init; }

    /// <summary>Extension: id of the image that builds run in, or null.</summary>
    public string? BuildImage { get; init; }

    /// <summary>Extension: number of Debian packages in the run image.</summary>
    public int Packages { get; init; }

    /// <summary>Extension: apps whose live release is on it.</summary>
    public ImmutableArray<string> Apps { get; init; } = [];

    /// <summary>Extension: those of them whose slug lies on an older image of it.</summary>
    public ImmutableArray<string> Outdated { get; init; } = [];
}

/// <summary>What became of the wish to rebase an app.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Release">Number of the new release; null when the app lies on the present image of its stack already.</param>
public sealed record RebaseInfo(string App, int? Release);
