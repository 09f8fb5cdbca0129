using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/domains</c>: the host names of an app.</summary>
internal static class DomainEndpoints
{
    public static void MapDomains(this WebApplication app, Database database, TrafficChanges traffic)
    {
        app.MapGet("/apps/{name}/domains", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Results.Json(Domains(database, found), ProtocolJson.Default.ImmutableArrayDomainInfo)
            : ApiResults.NoApp(name));
        app.MapGet("/apps/{name}/domains/{host}", (string name, string host) => database.Read(db => AppTable.Find(db, name)) is not { } found
            ? ApiResults.NoApp(name)
            : Domains(database, found).FirstOrDefault(domain => domain.Hostname == Canonical(host)) is { } domain ? Json(domain) : NoDomain(name, host));
        app.MapPost("/apps/{name}/domains", (string name, CreateDomain request, CancellationToken ct) => AddAsync(database, traffic, name, request, ct));
        app.MapDelete("/apps/{name}/domains/{host}", (string name, string host, CancellationToken ct) => RemoveAsync(database, traffic, name, host, ct));
    }

    private static async Task<IResult> AddAsync(Database database, TrafficChanges traffic, string name, CreateDomain request, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (!DomainName.TryParse(request.Hostname, out var domain, out var error))
        {
            return ApiResults.Invalid(error);
        }

        var outcome = await traffic.AddDomainAsync(app.Id, domain, ct);
        return ApiResults.Of(
            outcome,
            () => Json(Domains(database, app).First(d => d.Hostname == domain.Value), StatusCodes.Status201Created));
    }

    private static async Task<IResult> RemoveAsync(Database database, TrafficChanges traffic, string name, string host, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (Domains(database, app).FirstOrDefault(d => d.Hostname == Canonical(host)) is not { } domain)
        {
            return NoDomain(name, host);
        }

        return ApiResults.Of(await traffic.RemoveDomainAsync(app.Id, domain.Hostname, ct), () => Json(domain));
    }

    private static ImmutableArray<DomainInfo> Domains(Database database, App app)
    {
        var hosts = database.Read(db => AppTable.Domains(db, app.Id));
        return [.. hosts.Select(host => host == hosts[0]
            ? new DomainInfo(host, host, "heroku", Cname: null, "none")
            : new DomainInfo(host, host, "custom", hosts[0], "none"))];
    }

    private static string Canonical(string host) => DomainName.TryParse(host, out var domain, out _) ? domain.Value : host;

    private static IResult NoDomain(string name, string host) => ApiResults.NotFound($"{name} has no domain {host}; `paas domains` lists them.");

    private static IResult Json(DomainInfo domain, int status = StatusCodes.Status200OK) =>
        Results.Json(domain, ProtocolJson.Default.DomainInfo, statusCode: status);
}
