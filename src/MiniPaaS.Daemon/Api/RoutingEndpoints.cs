using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/routing</c>: the rules for an app's visitors.</summary>
internal static class RoutingEndpoints
{
    public static void MapRouting(this WebApplication app, Database database, TrafficChanges traffic)
    {
        app.MapGet("/apps/{name}/routing", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Rules(database, found)
            : ApiResults.NoApp(name));
        app.MapPatch("/apps/{name}/routing", (string name, Dictionary<string, string?> changes, CancellationToken ct) =>
            ChangeAsync(database, traffic, name, changes, ct));
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

    private static IResult Rules(Database database, App app)
    {
        var traffic = database.Read(db => TrafficTable.Find(db, app.Id));
        return ApiResults.Json(
            [.. RoutingRule.All.Select(rule => new RoutingRuleInfo(rule.Name, traffic.Of(rule.Name), rule.Default, rule.Description))],
            ProtocolJson.Default.ImmutableArrayRoutingRuleInfo);
    }
}
