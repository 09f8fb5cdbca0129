using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>A slug with what the platform knows of it.</summary>
/// <param name="AppId">App it belongs to.</param>
/// <param name="Slug">The slug.</param>
/// <param name="Releases">The releases that run it, the oldest first.</param>
/// <param name="Inputs">What it was made from; null when that was not recorded.</param>
/// <param name="Key">Digest of these inputs with the values of the config vars; empty when the platform did not make it from them itself.</param>
internal sealed record KnownSlug(long AppId, Slug Slug, ImmutableArray<Release> Releases, SlugInputs? Inputs, string Key)
{
    /// <summary>The first release, whose config vars were those of the build.</summary>
    public Release First => Releases[0];
}

/// <summary>Finds the slugs of an app: those that a rollback can still reach.</summary>
internal sealed class SlugBook(Database database)
{
    /// <summary>All slugs of an app, the newest first.</summary>
    public ImmutableArray<KnownSlug> All(long appId) => database.Read(db =>
    {
        var deployments = DeploymentTable.ByRelease(db, appId);
        var kept = ReleaseTable.All(db, appId)
            .Where(release => release.Slug is not null && deployments[release.Number].Any(d => d.Step != DeploymentStep.Failed))
            .GroupBy(release => release.Slug!.Id, StringComparer.Ordinal);
        return kept.Select(releases =>
        {
            var made = SlugInputsTable.Find(db, appId, releases.Key);
            return new KnownSlug(appId, releases.First().Slug!, [.. releases.Reverse()], made?.Inputs, made?.Key ?? "");
        }).ToImmutableArray();
    });

    /// <summary>The slug of a release (<c>v7</c>), or the one whose id begins so; null when there is none or more than one.</summary>
    public KnownSlug? Find(long appId, string reference)
    {
        var slugs = All(appId);
        if (reference.StartsWith('v'))
        {
            return slugs.FirstOrDefault(slug => slug.Releases.Any(release => release.Version == reference));
        }

        var id = reference.StartsWith("sha256:", StringComparison.Ordinal) ? reference : $"sha256:{reference}";
        var found = slugs.Where(slug => slug.Slug.Id.StartsWith(id, StringComparison.Ordinal)).ToArray();
        return found is [var one] ? one : null;
    }
}
