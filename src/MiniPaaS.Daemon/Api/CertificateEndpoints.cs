using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/sni-endpoints</c>: the certificates of an app, as on Heroku. Private keys come in and never go out.</summary>
internal sealed class CertificateEndpoints(
    Database database, CertificateDescription describe, RouterLink routers, LogBook logs, LocalAuthority authority, TimeProvider time)
{
    public void Map(WebApplication app)
    {
        app.MapGet("/platform/ca.pem", () => authority.Root is { } root
            ? Results.Text(root, "application/x-pem-file")
            : ApiResults.NotFound("This platform has no local certificate authority; the daemon's log tells why."));
        app.MapGet("/apps/{name}/sni-endpoints", (HttpContext context, string name) => database.Read(db => AppTable.Find(db, name) is { } found
            ? Lists.Of(context, describe.All(db, found), ProtocolJson.Default.ImmutableArraySniEndpointInfo, ("id", one => one.Id), ("name", one => one.Name))
            : ApiResults.NoApp(name)));
        app.MapGet("/apps/{name}/sni-endpoints/{endpoint}", (string name, string endpoint) => database.Read(db =>
            AppTable.Find(db, name) is not { } found ? ApiResults.NoApp(name)
            : describe.All(db, found).FirstOrDefault(e => e.Name == endpoint || ResourceIds.Same(e.Id, endpoint)) is { } one ? Json(one)
            : NoCertificate(name, endpoint)));
        app.MapPost("/apps/{name}/sni-endpoints", AddAsync);
        app.MapPatch("/apps/{name}/sni-endpoints/{endpoint}", UpdateAsync);
        app.MapDelete("/apps/{name}/sni-endpoints/{endpoint}", RemoveAsync);
    }

    private async Task<IResult> AddAsync(string name, SniEndpointUpload upload, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var chosen = HostsOf(app, upload.Domains);
        if (!TryRead(app, upload, chosen, out var certificate, out var error))
        {
            return ApiResults.Invalid(error);
        }

        var now = time.GetUtcNow();
        var added = await database.WriteAsync(
            db => CertificateTable.Insert(db, app.Id, Wish(certificate.Names[0]), certificate, chosen, now), ct);
        return await AppliedAsync(app, added.Name, "added", StatusCodes.Status201Created);
    }

    private async Task<IResult> UpdateAsync(string name, string endpoint, SniEndpointUpload upload, CancellationToken ct)
    {
        var (result, app, existing) = Find(name, endpoint);
        if (result is not null)
        {
            return result;
        }

        var chosen = HostsOf(app!, upload.Domains) ?? existing!.Chosen;
        if (!TryRead(app!, upload, chosen, out var certificate, out var error))
        {
            return ApiResults.Invalid(error);
        }

        await database.WriteAsync(db => CertificateTable.Update(db, existing!.Id, certificate, chosen, time.GetUtcNow()), ct);
        return await AppliedAsync(app!, existing!.Name, "updated", StatusCodes.Status200OK);
    }

    private async Task<IResult> RemoveAsync(string name, string endpoint, CancellationToken ct)
    {
        var (result, app, existing) = Find(name, endpoint);
        if (result is not null)
        {
            return result;
        }

        var description = database.Read(db => describe.Of(app!, existing!, AppTable.Domains(db, app!.Id)));
        await database.WriteAsync(db => CertificateTable.Delete(db, existing!.Id), ct);
        logs.Platform(app!.Id, "api", $"Certificate {existing!.Name} removed");
        await routers.RefreshAsync(CancellationToken.None);
        return Json(description);
    }

    // Committed: from here on it happens, whether the client still listens or not.
    private async Task<IResult> AppliedAsync(App app, string endpoint, string verb, int status)
    {
        var description = database.Read(db => describe.Of(app, CertificateTable.Find(db, app.Id, endpoint)!, AppTable.Domains(db, app.Id)));
        logs.Platform(app.Id, "api", $"Certificate {endpoint} {verb} for {string.Join(", ", description.SslCert.CertDomains)}");
        await routers.RefreshAsync(CancellationToken.None);
        return Json(description, status);
    }

    private (IResult? Result, App? App, UploadedCertificate? Certificate) Find(string name, string endpoint) =>
        database.Read<(IResult?, App?, UploadedCertificate?)>(db => Find(db, name, endpoint));

    private (IResult?, App?, UploadedCertificate?) Find(SqliteConnection db, string name, string endpoint)
    {
        if (AppTable.Find(db, name) is not { } app)
        {
            return (ApiResults.NoApp(name), null, null);
        }

        if (describe.Find(db, app.Id, endpoint) is { } certificate)
        {
            return (null, app, certificate);
        }

        var automatic = AcmeTable.OfApp(db, app.Id).Any(c => c.Host == endpoint);
        var answer = automatic
            ? ApiResults.Invalid($"The certificate for {endpoint} is managed automatically; `paas certs:auto:disable` ends that and removes it.")
            : NoCertificate(name, endpoint);
        return (answer, null, null);
    }

    private bool TryRead(App app, SniEndpointUpload upload, ImmutableArray<string>? chosen, out Certificate certificate, out string error)
    {
        if (!CertificateReader.TryRead(upload.CertificateChain, upload.PrivateKey, time.GetUtcNow(), out var read, out var problem))
        {
            (certificate, error) = (null!, problem);
            return false;
        }

        var domains = database.Read(db => AppTable.Domains(db, app.Id));
        var foreign = chosen?.FirstOrDefault(host => !domains.Contains(host));
        var unnamed = chosen?.FirstOrDefault(host => !read.IsFor(host));
        (certificate, error) = (read, foreign is not null
            ? $"{foreign} is not a domain of {app.Name}, so no certificate can be chosen for it. Its domains are: {string.Join(", ", domains)}."
            : unnamed is not null ? $"The certificate is not for {unnamed}. It names: {string.Join(", ", read.Names)}." : "");
        return error.Length == 0;
    }

    // Domains that nobody has are told apart later.
    private ImmutableArray<string>? HostsOf(App app, ImmutableArray<string>? given)
    {
        var domains = given is null ? [] : database.Read(db => AppTable.Domains(db, app.Id));
        return given is null ? null : [.. given.Value.Select(one => domains.FirstOrDefault(host => ResourceIds.Same(describe.DomainId(app.Id, host), one)) ?? one)];
    }

    // As in wildcard-example-org for *.example.org.
    private static string Wish(string host) => host.Replace("*", "wildcard", StringComparison.Ordinal).Replace('.', '-');

    private static IResult NoCertificate(string app, string name) =>
        ApiResults.NotFound($"{app} has no certificate \"{name}\". `paas certs -a {app}` lists those that it has.", "sni_endpoint");

    private static IResult Json(SniEndpointInfo endpoint, int status = StatusCodes.Status200OK) =>
        ApiResults.Json(endpoint, ProtocolJson.Default.SniEndpointInfo, statusCode: status);
}
