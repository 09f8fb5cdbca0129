using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Add-ons, attachments and their catalogue: there are none, and every address says so in Heroku's way.</summary>
internal sealed class AddonEndpoints(Database database)
{
    private const string Addon = "add_on";
    private const string Attachment = "add_on attachment";
    private const string Service = "addon_service";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/addons", (HttpContext context) => Nothing(context));
        routes.MapGet("/addon-attachments", (HttpContext context) => Nothing(context));
        routes.MapGet("/addon-services", (HttpContext context) => Nothing(context));
        routes.MapGet("/apps/{name}/addons", (HttpContext context, string name) => OfApp(name, () => Nothing(context)));
        routes.MapGet("/apps/{name}/addon-attachments", (HttpContext context, string name) => OfApp(name, () => Nothing(context)));
        routes.MapPost("/apps/{name}/addons", (string name) => OfApp(name, () => No(Service)));
        routes.MapMethods("/apps/{name}/addons/{addon}", ["GET", "PATCH", "DELETE"], (string name, string addon) => OfApp(name, () => No(Addon, addon)));
        routes.MapGet("/apps/{name}/addon-attachments/{attachment}", (string name, string attachment) => OfApp(name, () => No(Attachment, attachment)));
        routes.MapGet("/addons/{addon}", (string addon) => No(Addon, addon));
        routes.MapGet("/addons/{addon}/addon-attachments", (string addon) => No(Addon, addon));
        routes.MapGet("/addons/{addon}/config", (string addon) => No(Addon, addon));
        routes.MapPost("/addon-attachments", () => No(Addon));
        routes.MapMethods("/addon-attachments/{attachment}", ["GET", "DELETE"], (string attachment) => No(Attachment, attachment));
        routes.MapGet("/addon-services/{service}", (string service) => No(Service, service));
        routes.MapGet("/addon-services/{service}/plans", (string service) => No(Service, service));
        routes.MapGet("/addon-services/{service}/plans/{plan}", (string service, string plan) => No(Service, $"{service}:{plan}"));
        routes.MapGet("/plans/{plan}", (string plan) => No("plan", plan));
        routes.MapPost("/actions/addons/resolve", () => No(Addon));
        routes.MapPost("/actions/addon-attachments/resolve", () => No(Attachment));
    }

    private IResult OfApp(string name, Func<IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is null ? ApiResults.NoApp(name) : answer();

    private static IResult Nothing(HttpContext context) => Lists.Of(
        context, ImmutableArray<Reference>.Empty, ProtocolJson.Default.ImmutableArrayReference, ("id", one => one.Id), ("name", one => one.Name));

    private static IResult No(string resource, string? name = null) => ApiResults.NotFound(
        $"There is no {resource.Replace('_', '-')}{(name is null ? " of that name" : $" \"{name}\"")}: this platform has no add-ons. "
        + "Run the service beside it, and tell the app where with `paas config:set`.",
        resource);
}
