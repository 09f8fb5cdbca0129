using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>What is to be deployed without git, when the body of the request is not the archive itself; one of the two is set.</summary>
public sealed record DeployRequest
{
    /// <summary>http or https address of an archive.</summary>
    public string? Url { get; init; }

    /// <summary>Reference of an image, as in <c>nginx:1.27</c> or <c>registry.example.org/shop@sha256:...</c>.</summary>
    public string? Image { get; init; }

    /// <summary>What the release is named after.</summary>
    public string? Label { get; init; }

    /// <summary>Commands by process type, over those that the image has.</summary>
    public ImmutableSortedDictionary<string, string>? Processes { get; init; }
}

/// <summary>One line of the answer to a deploy: what there is to say, or, as the last one, what became of it.</summary>
public sealed record DeployEvent
{
    /// <summary>A line for the user.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Line { get; init; }

    /// <summary>The end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeployInfo? Result { get; init; }
}

/// <summary>What became of a deploy.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Succeeded">True when it is released.</param>
/// <param name="Build">Number of the build; null when it did not come to one.</param>
/// <param name="Release">Number of the release; null when there is none.</param>
/// <param name="Live">True when the release serves the app, false when it is a canary or failed.</param>
public sealed record DeployInfo(string App, bool Succeeded, long? Build, int? Release, bool Live);

/// <summary>Heroku's source: an archive is put to one address, and a build is asked for with the other.</summary>
/// <param name="SourceBlob">The addresses.</param>
public sealed record SourceInfo(SourceAddresses SourceBlob);

/// <summary>The addresses of a source; whoever knows them needs no token.</summary>
/// <param name="GetUrl">Named as the source of a build.</param>
/// <param name="PutUrl">Takes the archive, by PUT.</param>
public sealed record SourceAddresses(string GetUrl, string PutUrl);

/// <summary>Heroku's request for a build.</summary>
/// <param name="SourceBlob">What is built.</param>
public sealed record CreateBuild(SourceBlob? SourceBlob);

/// <summary>The source of a build.</summary>
/// <param name="Url">Address of a tar archive.</param>
/// <param name="Version">What the release is named after, as a commit of another repository.</param>
/// <param name="Checksum"><c>SHA256:</c> and hex digits that the archive must have, or null.</param>
public sealed record SourceBlob(string? Url, string? Version, string? Checksum);
