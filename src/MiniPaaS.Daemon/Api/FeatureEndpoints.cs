using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/features</c>: switches of an app in the form of Heroku's app features.</summary>
internal sealed class FeatureEndpoints(
    Database database, TrafficChanges traffic, ProvenancePolicy provenance, ResourceIds ids, Settings settings)
{
    private const string SessionAffinity = "http-session-affinity";

    private static readonly ImmutableArray<string> Names = [SessionAffinity, AppFeature.RequireProvenance];

    public void Map(WebApplication app)
    {
        app.MapGet("/apps/{name}/features", (HttpContext context, string name) => OfApp(name, found => Lists.Of(
            context, [.. Names.Select(feature => Describe(found, feature))], ProtocolJson.Default.ImmutableArrayFeatureInfo, ("id", f => f.Id), ("name", f => f.Name))));
        app.MapGet("/apps/{name}/features/{feature}", (string name, string feature) => OfApp(name, found =>
            NameOf(found, feature) is { } known ? Json(found, known) : NoFeature(feature)));
        app.MapPatch("/apps/{name}/features/{feature}", (string name, string feature, FeatureChange change, CancellationToken ct) =>
            SwitchAsync(name, feature, change, ct));

        // There is nothing of the kind about an account; who looks for a feature there goes on to those of an app.
        app.MapGet("/account/features", (HttpContext context) => Lists.Of(
            context, ImmutableArray<FeatureInfo>.Empty, ProtocolJson.Default.ImmutableArrayFeatureInfo, ("id", f => f.Id), ("name", f => f.Name)));
        app.MapGet("/account/features/{feature}", NoFeature);
        app.MapPatch("/account/features/{feature}", NoFeature);
    }

    private async Task<IResult> SwitchAsync(string name, string feature, FeatureChange change, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (change.Enabled is not { } on)
        {
            return ApiResults.Invalid("Say whether the feature is to be on, as in {\"enabled\":true}.");
        }

        switch (NameOf(app, feature))
        {
            case SessionAffinity:
                return ApiResults.Of(
                    await traffic.SetRulesAsync(app.Id, [(RoutingRule.SessionAffinity, on ? "on" : "off")], ct), () => Json(app, SessionAffinity));
            case AppFeature.RequireProvenance when settings.RequireProvenance && !on:
                return ApiResults.Conflict("This platform requires provenance of all apps (MINIPAAS_REQUIRE_PROVENANCE=on on the server), so it stays on.");
            case AppFeature.RequireProvenance:
                await database.WriteAsync(db => FeatureTable.Switch(db, app.Id, AppFeature.RequireProvenance, on), ct);
                return Json(app, AppFeature.RequireProvenance);
            default:
                return NoFeature(feature);
        }
    }

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private IResult Json(App app, string feature) => ApiResults.Json(Describe(app, feature), ProtocolJson.Default.FeatureInfo);

    private FeatureInfo Describe(App app, string feature)
    {
        var (display, description, enabled) = feature == SessionAffinity
            ? ("Session affinity", RoutingRule.Find(RoutingRule.SessionAffinity)!.Description,
                database.Read(db => TrafficTable.Find(db, app.Id)).IsOn(RoutingRule.SessionAffinity))
            : ("Required provenance", "a release goes live only when its slug has provenance signed by this platform", provenance.IsRequired(app.Id));
        return new FeatureInfo(
            IdOf(app, feature), feature, display, description, settings.ControlUrl, enabled, FeedbackEmail: null, "general", app.CreatedAt, app.CreatedAt);
    }

    private string IdOf(App app, string feature) => ids.Named(ResourceKind.Feature, $"{app.Id}", feature);

    private string? NameOf(App app, string text) => Names.FirstOrDefault(name => name == text || ResourceIds.Same(IdOf(app, name), text));

    private static IResult NoFeature(string feature) =>
        ApiResults.NotFound($"There is no feature \"{feature}\"; there are: {string.Join(", ", Names)}. Rules for visitors: `paas routing`.", "app_feature");
}
