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
        ReleaseTable.SlugsOf(db, appId).Select(id => Known(db, appId, id)).OfType<KnownSlug>().ToImmutableArray());

    /// <summary>Digests of all slugs of an app, the newest first.</summary>
    public ImmutableArray<string> Digests(long appId) => database.Read(db => ReleaseTable.SlugsOf(db, appId));

    /// <summary>The slug of a release (<c>v7</c>), or the one whose digest begins so; null when there is none or more than one.</summary>
    public KnownSlug? Find(long appId, string reference) => database.Read(db =>
    {
        if (reference.StartsWith('v'))
        {
            return int.TryParse(reference.AsSpan(1), out var number) && ReleaseTable.Find(db, appId, number)?.Slug is { } slug
                && Known(db, appId, slug.Id) is { } known && known.Releases.Any(release => release.Number == number)
                ? known
                : null;
        }

        var digest = reference.StartsWith("sha256:", StringComparison.Ordinal) ? reference : $"sha256:{reference}";
        var found = ReleaseTable.SlugsOf(db, appId).Where(id => id.StartsWith(digest, StringComparison.Ordinal)).ToArray();
        return found is [var one] ? Known(db, appId, one) : null;
    });

    private static KnownSlug? Known(Microsoft.Data.Sqlite.SqliteConnection db, long appId, string id)
    {
        var releases = ReleaseTable.OfSlug(db, appId, id)
            .Where(release => DeploymentTable.HasNotFailed(db, appId, release.Number)).ToImmutableArray();
        var made = SlugInputsTable.Find(db, appId, id);
        return releases.IsEmpty ? null : new KnownSlug(appId, releases[^1].Slug!, releases, made?.Inputs, made?.Key ?? "");
    }
}
