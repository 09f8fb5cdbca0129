using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/routing</c>: the rules for an app's visitors; <c>/features</c>: one of them under Heroku's name.</summary>
internal static class RoutingEndpoints
{
    private const string SessionAffinity = "http-session-affinity";

    public static void MapRouting(this WebApplication app, Database database, TrafficChanges traffic)
    {
        app.MapGet("/apps/{name}/routing", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Rules(database, found)
            : ApiResults.NoApp(name));
        app.MapPatch("/apps/{name}/routing", (string name, Dictionary<string, string?> changes, CancellationToken ct) =>
            ChangeAsync(database, traffic, name, changes, ct));
        app.MapGet("/apps/{name}/features", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Results.Json([Feature(database, found)], ProtocolJson.Default.ImmutableArrayFeatureInfo)
            : ApiResults.NoApp(name));
        app.MapGet("/apps/{name}/features/{feature}", (string name, string feature) => database.Read(db => AppTable.Find(db, name)) is not { } found
            ? ApiResults.NoApp(name)
            : feature == SessionAffinity ? Results.Json(Feature(database, found), ProtocolJson.Default.FeatureInfo) : NoFeature(feature));
        app.MapPatch("/apps/{name}/features/{feature}", (string name, string feature, FeatureChange change, CancellationToken ct) =>
            SwitchAsync(database, traffic, name, feature, change, ct));
    }

    private static async Task<IResult> ChangeAsync(
        Database database, TrafficChanges traffic, string name, Dictionary<string, string?> changes, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var read = ImmutableArray.CreateBuilder<(string Rule, string? Value)>();
        foreach (var (key, text) in changes)
        {
            if (RoutingRule.Find(key) is not { } rule)
            {
                return ApiResults.Invalid($"There is no routing rule \"{key}\"; there are: {string.Join(", ", RoutingRule.All.Select(r => r.Name))}.");
            }

            var value = text is null ? null : rule.Read(text);
            if (text is not null && value is null)
            {
                return ApiResults.Invalid($"{key} cannot be \"{text}\": give {rule.Wanted}.");
            }

            read.Add((key, value));
        }

        return read.Count == 0
            ? Rules(database, app)
            : ApiResults.Of(await traffic.SetRulesAsync(app.Id, read.ToImmutable(), ct), () => Rules(database, app));
    }

    private static async Task<IResult> SwitchAsync(
        Database database, TrafficChanges traffic, string name, string feature, FeatureChange change, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        return feature != SessionAffinity
            ? NoFeature(feature)
            : ApiResults.Of(
                await traffic.SetRulesAsync(app.Id, [(RoutingRule.SessionAffinity, change.Enabled ? "on" : "off")], ct),
                () => Results.Json(Feature(database, app), ProtocolJson.Default.FeatureInfo));
    }

    private static IResult Rules(Database database, App app)
    {
        var traffic = database.Read(db => TrafficTable.Find(db, app.Id));
        return Results.Json(
            [.. RoutingRule.All.Select(rule => new RoutingRuleInfo(rule.Name, traffic.Of(rule.Name), rule.Default, rule.Description))],
            ProtocolJson.Default.ImmutableArrayRoutingRuleInfo);
    }

    private static FeatureInfo Feature(Database database, App app) => new(
        SessionAffinity,
        RoutingRule.Find(RoutingRule.SessionAffinity)!.Description,
        database.Read(db => TrafficTable.Find(db, app.Id)).IsOn(RoutingRule.SessionAffinity),
        "general");

    private static IResult NoFeature(string feature) =>
        ApiResults.NotFound($"There is no feature \"{feature}\"; there is: {SessionAffinity}. Other rules for visitors: `paas routing`.");
}
