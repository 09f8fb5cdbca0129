using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Releases as clients see them, and as they name them.</summary>
internal sealed class ReleaseDescription(ResourceIds ids, Users users, StreamAddresses streams, AppDescription apps)
{
    public ReleaseInfo Of(HttpRequest request, App app, ListedRelease release)
    {
        var id = ids.Of(ResourceKind.Release, app.Id, release.Number);
        var slug = release.SlugId is { } digest ? SlugId(app.Id, digest) : null;
        var succeeded = release.Step == DeploymentStep.Done;
        return new ReleaseInfo
        {
            Id = id,
            Version = release.Number,
            App = apps.Reference(app),
            Artifacts = slug is null ? [] : [new ArtifactReference(slug, "slug")],
            CreatedAt = release.CreatedAt,
            Current = release.Number == app.LiveRelease,
            Description = release.Description,
            EligibleForRollback = succeeded && slug is not null,
            OutputStreamUrl = release.HasReleasePhase ? streams.Of(request, $"/releases/{id}") : null,
            Slug = slug is null ? null : new IdReference(slug),
            Status = release.Step == DeploymentStep.Canary ? "canary" : release.FinishedAt is null ? "pending" : succeeded ? "succeeded" : "failed",
            UpdatedAt = release.FinishedAt ?? release.CreatedAt,
            User = users.Of(release.User),
            Commit = release.Commit,
            SlugDigest = release.SlugId?["sha256:".Length..][..12],
            Error = release.Error,
        };
    }

    public ReleaseReference Reference(long appId, int number) => new(ids.Of(ResourceKind.Release, appId, number), number);

    public string SlugId(long appId, string digest) => ids.Named(ResourceKind.Slug, $"{appId}", digest);

    /// <summary>The number of a release that a client names by number, as <c>v7</c>, or by uuid; null when it is none of the app's.</summary>
    public int? NumberOf(long appId, string text) =>
        ids.TryRead(ResourceKind.Release, text, out var app, out var number) ? app == appId ? number : null
        : int.TryParse(text.StartsWith('v') ? text.AsSpan(1) : text, System.Globalization.NumberStyles.None, null, out var given) && given > 0 ? given
        : null;

    public static IResult None(string app, string release) =>
        ApiResults.NotFound($"{app} has no release {(release.Length > 0 && char.IsAsciiDigit(release[0]) && release.Length < 10 ? "v" : "")}{release}; `paas releases` lists them.", "release");
}
