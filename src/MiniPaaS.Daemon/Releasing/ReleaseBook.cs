using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>
/// Makes releases: a slug with config vars, in one transaction with the deployment that will take it live. Callers hold
/// the app's turn in the <see cref="AppQueue"/>.
/// </summary>
internal sealed class ReleaseBook(Database database, TimeProvider time)
{
    /// <summary>A slug with the app's present config vars.</summary>
    public Task<(Release Release, Deployment Deployment)> DeployAsync(
        long appId, Slug slug, SlugOrigin origin, string user, CancellationToken ct) =>
        database.WriteAsync(
            db =>
            {
                ReleaseTable.InsertSlug(db, appId, slug, time.GetUtcNow());
                if (origin.Inputs is { } inputs)
                {
                    SlugInputsTable.Insert(db, appId, slug.Id, inputs, origin.Key, time.GetUtcNow());
                }

                if (origin.Attestation is { } attestation)
                {
                    AttestationTable.Set(db, appId, slug.Id, attestation, time.GetUtcNow());
                }

                return Add(db, appId, slug, ConfigVarsOf(db, appId), origin.Description, user);
            },
            ct);

    /// <summary>The present slug with changed config vars; null when nothing changes.</summary>
    public Task<(Release Release, Deployment Deployment)?> ConfigureAsync(
        long appId, IReadOnlyDictionary<string, string?> changes, string user, CancellationToken ct) =>
        database.WriteAsync<(Release, Deployment)?>(
            db =>
            {
                var before = ConfigVarsOf(db, appId);
                var after = before.With(changes);
                if (after.SameAs(before))
                {
                    return null;
                }

                var set = string.Join(", ", changes.Where(c => c.Value is not null).Select(c => c.Key).Order(StringComparer.Ordinal));
                var unset = string.Join(", ", changes.Where(c => c.Value is null).Select(c => c.Key).Order(StringComparer.Ordinal));
                var description = string.Join("; ", new[] { set.Length > 0 ? $"Set {set}" : "", unset.Length > 0 ? $"Unset {unset}" : "" }.Where(t => t.Length > 0));
                return Add(db, appId, Present(db, appId)?.Slug, after, $"{description} config vars", user);
            },
            ct);

    /// <summary>The slug and config vars of an earlier release, as a new one.</summary>
    /// <returns>The release and its deployment, or why it cannot be made.</returns>
    public Task<(Release? Release, Deployment? Deployment, string? Error)> RollBackAsync(long appId, int? number, string user, CancellationToken ct) =>
        database.WriteAsync<(Release?, Deployment?, string?)>(
            db =>
            {
                if (AppTable.Find(db, appId)?.LiveRelease is not { } live)
                {
                    return (null, null, "The app has no live release to roll back from; push it first.");
                }

                if ((number ?? ReleaseTable.LiveBefore(db, appId, live)) is not { } target)
                {
                    return (null, null, $"There is no release before v{live} that went live.");
                }

                if (ReleaseTable.Find(db, appId, target) is not { } earlier)
                {
                    return (null, null, $"There is no release v{target}; `paas releases` lists them.");
                }

                if (target == live || earlier.Slug is null || DeploymentTable.OfRelease(db, appId, target) is not { Succeeded: true })
                {
                    return (null, null, target == live ? $"v{target} is live already."
                        : earlier.Slug is null ? $"v{target} holds only config vars, no code; choose a release with a slug."
                        : $"v{target} never went live; choose one that did (`paas releases`).");
                }

                var (release, deployment) = Add(db, appId, earlier.Slug, earlier.ConfigVars, $"Rollback to v{target}", user);
                return (release, deployment, null);
            },
            ct);

    /// <summary>The live release once more, in fresh dynos; null when there is nothing to run.</summary>
    public Task<Deployment?> RestartAsync(long appId, CancellationToken ct) =>
        database.WriteAsync(
            db => AppTable.Find(db, appId) is { LiveRelease: { } live } && ReleaseTable.Find(db, appId, live) is { Slug: not null }
                ? DeploymentTable.Insert(db, appId, live, DeploymentStep.Starting, time.GetUtcNow() + TimeSpan.FromMinutes(10), time.GetUtcNow())
                : null,
            ct);

    /// <summary>The config vars in force: those of the live release, so that a change that failed leaves nothing behind.</summary>
    public static ConfigVars ConfigVarsOf(SqliteConnection db, long appId) => Present(db, appId)?.ConfigVars ?? ConfigVars.Empty;

    private static Release? Present(SqliteConnection db, long appId) =>
        AppTable.Find(db, appId)?.LiveRelease is { } live ? ReleaseTable.Find(db, appId, live) : null;

    private (Release Release, Deployment Deployment) Add(
        SqliteConnection db, long appId, Slug? slug, ConfigVars configVars, string description, string user)
    {
        var now = time.GetUtcNow();
        var release = ReleaseTable.Insert(db, appId, slug, configVars, description, user, now);
        var deployment = DeploymentTable.Insert(db, appId, release.Number, DeploymentStep.Preparing, deadline: null, now);
        if (slug is null)
        {
            // Nothing runs yet: the release is live by being written.
            DeploymentTable.Flip(db, deployment);
            DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Done, error: null, now);
        }

        return (release, DeploymentTable.Find(db, deployment.Id)!);
    }
}
