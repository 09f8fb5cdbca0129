using MiniPaaS.Daemon.Slugs;

namespace MiniPaaS.Daemon.Api;

/// <summary>Finds a slug as clients name it: by uuid, by the beginning of its digest, or by a release (<c>v7</c>).</summary>
internal sealed class SlugFinder(SlugBook book, ReleaseDescription releases)
{
    public KnownSlug? Find(long appId, string reference)
    {
        var byId = Guid.TryParseExact(reference, "D", out _)
            ? book.Digests(appId).FirstOrDefault(digest => Conventions.ResourceIds.Same(releases.SlugId(appId, digest), reference))
            : null;
        return book.Find(appId, byId ?? reference);
    }
}
