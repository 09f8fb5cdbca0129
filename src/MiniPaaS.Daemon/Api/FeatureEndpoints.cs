using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/features</c>: switches of an app in the form of Heroku's app features.</summary>
internal sealed class FeatureEndpoints(Database database, TrafficChanges traffic, ProvenancePolicy provenance, Settings settings)
{
    private const string SessionAffinity = "http-session-affinity";

    private static readonly ImmutableArray<string> Names = [SessionAffinity, AppFeature.RequireProvenance];

    public void Map(WebApplication app)
    {
        app.MapGet("/apps/{name}/features", (string name) => OfApp(name, found =>
            Results.Json([.. Names.Select(feature => Describe(found, feature))], ProtocolJson.Default.ImmutableArrayFeatureInfo)));
        app.MapGet("/apps/{name}/features/{feature}", (string name, string feature) => OfApp(name, found =>
            Names.Contains(feature) ? Json(found, feature) : NoFeature(feature)));
        app.MapPatch("/apps/{name}/features/{feature}", SwitchAsync);
    }

    private async Task<IResult> SwitchAsync(string name, string feature, FeatureChange change, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        switch (feature)
        {
            case SessionAffinity:
                return ApiResults.Of(
                    await traffic.SetRulesAsync(app.Id, [(RoutingRule.SessionAffinity, change.Enabled ? "on" : "off")], ct), () => Json(app, feature));
            case AppFeature.RequireProvenance when settings.RequireProvenance && !change.Enabled:
                return ApiResults.Conflict("This platform requires provenance of all apps (MINIPAAS_REQUIRE_PROVENANCE=on on the server), so it stays on.");
            case AppFeature.RequireProvenance:
                await database.WriteAsync(db => FeatureTable.Switch(db, app.Id, feature, change.Enabled), ct);
                return Json(app, feature);
            default:
                return NoFeature(feature);
        }
    }

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private IResult Json(App app, string feature) => Results.Json(Describe(app, feature), ProtocolJson.Default.FeatureInfo);

    private FeatureInfo Describe(App app, string feature) => feature == SessionAffinity
        ? new FeatureInfo(
            feature,
            RoutingRule.Find(RoutingRule.SessionAffinity)!.Description,
            database.Read(db => TrafficTable.Find(db, app.Id)).IsOn(RoutingRule.SessionAffinity),
            "general")
        : new FeatureInfo(
            feature, "a release goes live only when its slug has provenance signed by this platform", provenance.IsRequired(app.Id), "general");

    private static IResult NoFeature(string feature) =>
        ApiResults.NotFound($"There is no feature \"{feature}\"; there are: {string.Join(", ", Names)}. Rules for visitors: `paas routing`.");
}
