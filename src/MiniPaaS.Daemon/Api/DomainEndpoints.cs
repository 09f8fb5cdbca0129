using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/domains</c>: the host names of an app.</summary>
internal sealed class DomainEndpoints(
    Database database, TrafficChanges traffic, RouterLink routers, AppDescription apps, CertificateDescription certificates, AcmStatus acm, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/domains", (HttpContext context, string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Lists.Of(context, Domains(found), ProtocolJson.Default.ImmutableArrayDomainInfo, ("id", domain => domain.Id), ("hostname", domain => domain.Hostname))
            : ApiResults.NoApp(name));
        routes.MapGet("/apps/{name}/domains/{host}", (string name, string host) => OfDomainAsync(name, host, (_, domain) => Task.FromResult(Json(domain))));
        routes.MapPost("/apps/{name}/domains", AddAsync);
        routes.MapPatch("/apps/{name}/domains/{host}", (string name, string host, DomainChange change, CancellationToken ct) =>
            OfDomainAsync(name, host, (app, domain) => ChangeAsync(app, domain, change, ct)));
        routes.MapDelete("/apps/{name}/domains/{host}", (string name, string host, CancellationToken ct) => OfDomainAsync(name, host, async (app, domain) =>
            ApiResults.Of(await traffic.RemoveDomainAsync(app.Id, domain.Hostname, ct), () => Json(domain))));
    }

    private async Task<IResult> AddAsync(string name, CreateDomain request, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (!DomainName.TryParse(request.Hostname, out var domain, out var error))
        {
            return ApiResults.Invalid(error);
        }

        if (request.SniEndpoint is { } endpoint && Refusal(app, domain.Value, endpoint) is { } refusal)
        {
            return refusal;
        }

        var outcome = await traffic.AddDomainAsync(app.Id, domain, ct);
        if (outcome.Error is null && request.SniEndpoint is { } chosen)
        {
            await ChooseAsync(app, domain.Value, chosen, ct);
        }

        return ApiResults.Of(outcome, () => Json(Domains(app).First(d => d.Hostname == domain.Value), StatusCodes.Status201Created));
    }

    private async Task<IResult> ChangeAsync(App app, DomainInfo domain, DomainChange change, CancellationToken ct)
    {
        if (change.SniEndpoint is { } endpoint && Refusal(app, domain.Hostname, endpoint) is { } refusal)
        {
            return refusal;
        }

        await ChooseAsync(app, domain.Hostname, change.SniEndpoint, ct);
        return Json(Domains(app).FirstOrDefault(d => d.Id == domain.Id) ?? domain);
    }

    private IResult? Refusal(App app, string host, string endpoint) =>
        database.Read(db => certificates.Find(db, app.Id, endpoint)) is not { } found
            ? ApiResults.Invalid($"{app.Name} has no certificate \"{endpoint}\"; `paas certs` lists those that it has.")
            : !found.Certificate.IsFor(host)
                ? ApiResults.Invalid($"The certificate {found.Name} is not for {host}. It names: {string.Join(", ", found.Certificate.Names)}.")
                : null;

    // A certificate is presented for the domains chosen for it, or for all that it names. Null takes the choice back everywhere.
    private async Task ChooseAsync(App app, string host, string? endpoint, CancellationToken ct)
    {
        await database.WriteAsync(
            db =>
            {
                var wanted = endpoint is null ? null : certificates.Find(db, app.Id, endpoint);
                foreach (var one in CertificateTable.OfApp(db, app.Id))
                {
                    var chosen = one.Id == wanted?.Id ? With(one, host) : Without(one, host);
                    if (chosen != one.Chosen)
                    {
                        CertificateTable.Update(db, one.Id, one.Certificate, chosen, time.GetUtcNow());
                    }
                }
            },
            ct);
        await routers.RefreshAsync(CancellationToken.None);
    }

    private static ImmutableArray<string>? With(UploadedCertificate one, string host) =>
        one.Chosen is not { } chosen || chosen.Contains(host) ? one.Chosen : chosen.Add(host);

    private static ImmutableArray<string>? Without(UploadedCertificate one, string host) =>
        one.Chosen is { } chosen && chosen.Contains(host) ? chosen.Remove(host) : one.Chosen;

    private async Task<IResult> OfDomainAsync(string name, string host, Func<App, DomainInfo, Task<IResult>> answer)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var canonical = DomainName.TryParse(host, out var parsed, out _) ? parsed.Value : host;
        return Domains(app).FirstOrDefault(domain => domain.Hostname == canonical || ResourceIds.Same(domain.Id, host)) is { } found
            ? await answer(app, found)
            : ApiResults.NotFound($"{name} has no domain {host}; `paas domains` lists them.", "domain");
    }

    private ImmutableArray<DomainInfo> Domains(App app) => database.Read(db =>
    {
        var hosts = AppTable.Domains(db, app.Id);
        var uploaded = CertificateTable.OfApp(db, app.Id);
        var automatic = acm.Of(db, app.Id).ToDictionary(domain => domain.Hostname);
        return hosts.Select(host => Describe(app, host, hosts[0], uploaded, automatic.GetValueOrDefault(host))).ToImmutableArray();
    });

    private DomainInfo Describe(
        App app, string host, string first, ImmutableArray<UploadedCertificate> uploaded, AcmDomain? automatic)
    {
        var certificate = uploaded.FirstOrDefault(one => !one.HostsAmong([host]).IsEmpty);
        return new DomainInfo
        {
            Id = certificates.DomainId(app.Id, host),
            AcmStatus = automatic?.AcmStatus,
            AcmStatusReason = automatic?.AcmStatusReason,
            App = apps.Reference(app),
            Cname = host == first ? null : first,
            CreatedAt = app.CreatedAt,
            Hostname = host,
            Kind = host == first ? "heroku" : "custom",
            SniEndpoint = certificate is null ? null : new Reference(certificates.IdOf(certificate), certificate.Name),
            UpdatedAt = app.CreatedAt,
        };
    }

    private static IResult Json(DomainInfo domain, int status = StatusCodes.Status200OK) => ApiResults.Json(domain, ProtocolJson.Default.DomainInfo, status);
}
