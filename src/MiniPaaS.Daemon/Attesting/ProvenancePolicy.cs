using System.Text.Json;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Decides whether a slug may go live, where an app or the whole platform requires provenance.</summary>
internal sealed class ProvenancePolicy(Database database, SigningKeys keys, Settings settings)
{
    /// <summary>True when releases of this app need it.</summary>
    public bool IsRequired(long appId) =>
        settings.RequireProvenance || database.Read(db => FeatureTable.Has(db, appId, AppFeature.RequireProvenance));

    /// <summary>True when a slug may go live for all that is known now: what it may not is built anew instead of being used again.</summary>
    public bool Allows(long appId, Slug slug) => !IsRequired(appId) || Check(appId, slug.Id).Problem is null;

    /// <summary>Why a release may not go live, in a sentence for whoever made it; null when it may.</summary>
    public string? Refusal(Release release)
    {
        if (release.Slug is not { } slug || !IsRequired(release.AppId) || Check(release.AppId, slug.Id).Problem is not { } problem)
        {
            return null;
        }

        var who = settings.RequireProvenance ? "This platform" : "This app";
        var otherwise = settings.RequireProvenance ? "" : $", or do without: paas features:disable {AppFeature.RequireProvenance}";
        return $"{who} requires provenance, and that of slug {slug.ShortId} cannot be trusted: {problem}. "
            + $"A push builds it anew (git commit --allow-empty makes one){otherwise}.";
    }

    /// <summary>Checks what is kept about a slug.</summary>
    public ProvenanceCheck Check(long appId, string slugId)
    {
        if (Find(appId, slugId) is not { } attestation)
        {
            return Failed("it has none");
        }

        try
        {
            return JsonSerializer.Deserialize(attestation.Provenance, ProvenanceJson.Default.DsseEnvelope) is { } envelope
                ? keys.Check(envelope, slugId, attestation.OpenSbom())
                : Failed("it is damaged");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return Failed("it is damaged");
        }
    }

    /// <summary>What is kept about a slug, to be trusted or not.</summary>
    public Attestation? Find(long appId, string slugId) => database.Read(db => AttestationTable.Find(db, appId, slugId));

    private static ProvenanceCheck Failed(string problem) => new(Statement: null, KeyId: null, problem);
}
