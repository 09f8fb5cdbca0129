using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>Version and settings of the control plane that a client needs (extension).</summary>
/// <param name="Version">Product version.</param>
/// <param name="Domain">Domain under which apps get their host names.</param>
/// <param name="ControlUrl">Address of the control plane.</param>
public sealed record PlatformInfo(string Version, string Domain, string ControlUrl);

/// <summary>Where apps run, with the members of Heroku's Platform API.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="Name">Unique name.</param>
/// <param name="Description">What it is.</param>
/// <param name="Country">Empty: where the machine stands is not known to it.</param>
/// <param name="Locale">Empty, as the country.</param>
/// <param name="PrivateCapable">Always false: there are no private spaces.</param>
/// <param name="Default">Always true: there is one.</param>
/// <param name="Provider">Who runs it.</param>
/// <param name="CreatedAt">When the installation was made.</param>
/// <param name="UpdatedAt">The same.</param>
public sealed record RegionInfo(
    string Id,
    string Name,
    string Description,
    string Country,
    string Locale,
    bool PrivateCapable,
    bool Default,
    RegionProvider Provider,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Who runs a region.</summary>
/// <param name="Name">As in <c>minipaas</c>.</param>
/// <param name="Region">Name that the region has there.</param>
public sealed record RegionProvider(string Name, string Region);

/// <summary>Request for some of the apps.</summary>
/// <param name="In">Which.</param>
public sealed record AppFilter(AppFilterIn? In);

/// <summary>What apps are filtered by.</summary>
/// <param name="Id">Uuids or names.</param>
public sealed record AppFilterIn(ImmutableArray<string> Id);

/// <summary>Where the buildpack of a short name comes from.</summary>
/// <param name="Name">As in <c>heroku/php</c>.</param>
/// <param name="BlobUrl">Address to install it by.</param>
public sealed record RegisteredBuildpack(string Name, string BlobUrl);
