using System.Collections.Immutable;

namespace MiniPaaS.Protocol;

/// <summary>A buildpack of an app, in Heroku's form.</summary>
/// <param name="Ordinal">Its place among them, from 0.</param>
/// <param name="Buildpack">The buildpack.</param>
public sealed record BuildpackInstallation(int Ordinal, InstalledBuildpack Buildpack);

/// <summary>A buildpack that an app is built with.</summary>
/// <param name="Url">Where it comes from; <c>urn:buildpack:org/name</c> for one that has a short name.</param>
/// <param name="Name">Its short name, or the same address.</param>
public sealed record InstalledBuildpack(string Url, string Name);

/// <summary>Request to replace the buildpacks of an app.</summary>
/// <param name="Updates">All of them in order; empty to have the right one detected.</param>
public sealed record BuildpackInstallationUpdates(ImmutableArray<BuildpackInstallationUpdate> Updates);

/// <summary>One buildpack of the new list.</summary>
/// <param name="Buildpack">Short name or address.</param>
public sealed record BuildpackInstallationUpdate(string? Buildpack);
