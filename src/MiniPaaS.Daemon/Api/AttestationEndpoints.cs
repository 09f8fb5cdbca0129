using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>
/// Extensions: <c>/apps/{name}/releases/{release}/sbom</c> and <c>/provenance</c>: what the platform vouches for about a release's slug, each as its
/// specification says; <c>/platform/signing-keys</c>; <c>/audit</c>.
/// </summary>
internal sealed class AttestationEndpoints(Database database, SigningKeys keys, Audit audit, ReleaseDescription releases)
{
    public void Map(WebApplication app)
    {
        app.MapGet("/apps/{name}/releases/{release}/sbom", (string name, string release) =>
            OfSlug(name, release, attestation => Results.Bytes(attestation.OpenSbom(), Sbom.MediaType)));
        app.MapGet("/apps/{name}/releases/{release}/provenance", (string name, string release) =>
            OfSlug(name, release, attestation => Results.Text(attestation.Provenance, Dsse.MediaType)));
        app.MapGet("/platform/signing-keys", () => ApiResults.Json(keys.Trusted(), ProtocolJson.Default.ImmutableArraySigningKeyInfo));
        app.MapGet("/audit", (string? package, bool? all) => package is null
            ? ApiResults.Invalid("Name the package to look for, as in /audit?package=npm:lodash.")
            : PackageQuery.TryParse(package, out var query, out var error)
                ? ApiResults.Json(audit.Run(query, liveOnly: all != true), ProtocolJson.Default.AuditReport)
                : ApiResults.Invalid(error));
    }

    private IResult OfSlug(string name, string reference, Func<Attestation, IResult> answer)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (releases.NumberOf(app.Id, reference) is not { } number || database.Read(db => ReleaseTable.Find(db, app.Id, number)) is not { } release)
        {
            return ReleaseDescription.None(name, reference);
        }

        if (release.Slug is not { } slug)
        {
            return ApiResults.NotFound($"v{number} of {name} holds only config vars, no code.");
        }

        if (database.Read(db => AttestationTable.Find(db, app.Id, slug.Id)) is not { } attestation)
        {
            return ApiResults.NotFound(
                $"Slug {slug.ShortId} of {name} v{number} has no SBOM and no provenance: it failed to go live, was not built here, or was built by an "
                + "earlier version.");
        }

        try
        {
            return answer(attestation);
        }
        catch (InvalidDataException)
        {
            return ApiResults.Error(
                StatusCodes.Status500InternalServerError, "damaged", $"What is kept about slug {slug.ShortId} is damaged; the next build of the same source replaces it.");
        }
    }
}
