namespace MiniPaaS.Daemon.Apps;

/// <summary>A buildpack that took part in a build, said so exactly that the same program can be found again.</summary>
/// <param name="Name">What it called the app, as in <c>PHP</c>.</param>
/// <param name="Pack">What it is called where packs are chosen: the folder of one of the platform's own, or what the user wrote.</param>
/// <param name="Url">Address it was fetched from; null for one of the platform's own.</param>
/// <param name="Commit">Commit it was fetched at, 40 hex digits; null where there is none, as for an archive.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hex digits: of everything in its folder. Empty for a slug of a version that kept no record.</param>
internal sealed record Buildpack(string Name, string Pack, string? Url, string? Commit, string Digest);
