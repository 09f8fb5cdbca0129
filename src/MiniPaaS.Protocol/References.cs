namespace MiniPaaS.Protocol;

/// <summary>Another resource, as Heroku's Platform API refers to one.</summary>
/// <param name="Id">Its uuid.</param>
/// <param name="Name">Its unique name.</param>
public sealed record Reference(string Id, string Name);

/// <summary>Another resource that has no name.</summary>
/// <param name="Id">Its uuid.</param>
public sealed record IdReference(string Id);

/// <summary>A user.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="Email">Address that the user is known by.</param>
public sealed record UserReference(string Id, string Email);

/// <summary>A release.</summary>
/// <param name="Id">Uuid.</param>
/// <param name="Version">Number, from 1.</param>
public sealed record ReleaseReference(string Id, int Version);
