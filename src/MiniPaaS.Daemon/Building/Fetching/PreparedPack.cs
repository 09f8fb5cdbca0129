namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>A buildpack that a build can run.</summary>
/// <param name="Reference">How it was chosen.</param>
/// <param name="Folder">Name of its folder where it runs.</param>
/// <param name="Url">Address it was fetched from; null for one of this machine.</param>
/// <param name="Commit">Commit it was fetched at, or null.</param>
/// <param name="Digest">Of everything in its folder; null where nobody has asked yet.</param>
internal sealed record PreparedPack(PackReference Reference, string Folder, string? Url, string? Commit, string? Digest);
