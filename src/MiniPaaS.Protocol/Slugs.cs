using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>A slug, with the names of Heroku's Platform API where that has them.</summary>
/// <param name="Id">Digest of the image that is the slug: <c>sha256:</c> and 64 hex digits.</param>
/// <param name="Checksum">Digest of the slug's own layer, uncompressed; null when its image is gone.</param>
/// <param name="Commit">Commit it was built from.</param>
/// <param name="BuildpackProvidedDescription">Names of its buildpacks, as in <c>PHP</c>.</param>
/// <param name="ProcessTypes">Command lines by process type.</param>
/// <param name="Size">Bytes of its own layer, uncompressed.</param>
/// <param name="Stack">Stack it runs on.</param>
/// <param name="StackImage">Id of that stack's image.</param>
/// <param name="Releases">Numbers of the releases that run it, the oldest first.</param>
/// <param name="Inputs">What it was made from, or null when that was not recorded.</param>
/// <param name="CreatedAt">When its first release was made.</param>
public sealed record SlugInfo(
    string Id,
    string? Checksum,
    string Commit,
    string BuildpackProvidedDescription,
    ImmutableSortedDictionary<string, string> ProcessTypes,
    long Size,
    string Stack,
    string StackImage,
    ImmutableArray<int> Releases,
    SlugInputsInfo? Inputs,
    DateTimeOffset CreatedAt);

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

/// <summary>A stack of the server.</summary>
/// <param name="Name">As in <c>bookworm</c>.</param>
/// <param name="Description">What it is.</param>
/// <param name="Default">True for the one that apps get unless they want another.</param>
/// <param name="State"><c>public</c>, <c>deprecated</c> (it has a date of retirement), <c>retired</c> (that has passed), or <c>missing</c> (its images are not there).</param>
/// <param name="RetiredOn">Date of retirement, or null.</param>
/// <param name="RunImage">Id of the image that slugs lie on, or null.</param>
/// <param name="BuildImage">Id of the image that builds run in, or null.</param>
/// <param name="Packages">Number of Debian packages in the run image.</param>
/// <param name="Apps">Apps whose live release is on it.</param>
/// <param name="Outdated">Those of them whose slug lies on an older image of it.</param>
/// <param name="CreatedAt">When the run image was made, or null.</param>
public sealed record StackInfo(
    string Name,
    string Description,
    bool Default,
    string State,
    DateOnly? RetiredOn,
    string? RunImage,
    string? BuildImage,
    int Packages,
    ImmutableArray<string> Apps,
    ImmutableArray<string> Outdated,
    DateTimeOffset? CreatedAt);

/// <summary>What became of the wish to rebase an app.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Release">Number of the new release; null when the app lies on the present image of its stack already.</param>
public sealed record RebaseInfo(string App, int? Release);
