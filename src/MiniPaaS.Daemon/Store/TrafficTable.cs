using System.Collections.Immutable;
using Dapper;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on how visitors of an app are treated.</summary>
internal static class TrafficTable
{
    public static Traffic Find(SqliteConnection db, long appId)
    {
        var traffic = db.QuerySingleOrDefault<Traffic>(
            "SELECT maintenance AS Maintenance, hold_until AS HoldUntil, hold_seconds AS HoldSeconds FROM traffic WHERE app_id = @appId",
            new { appId }) ?? Traffic.Default;
        // A rule of a newer version is none of ours.
        var rules = db.Query<(string Rule, string Value)>("SELECT rule, value FROM routing_rules WHERE app_id = @appId", new { appId })
            .Where(rule => RoutingRule.Find(rule.Rule) is not null);
        return traffic with { Rules = rules.ToImmutableSortedDictionary(r => r.Rule, r => r.Value, StringComparer.Ordinal) };
    }

    public static void SetMaintenance(SqliteConnection db, long appId, bool on) =>
        db.Execute(
            "INSERT INTO traffic (app_id, maintenance) VALUES (@appId, @on) ON CONFLICT (app_id) DO UPDATE SET maintenance = excluded.maintenance",
            new { appId, on });

    /// <summary>Begins a hold, or ends it (null).</summary>
    public static void SetHold(SqliteConnection db, long appId, DateTimeOffset? until, int seconds) =>
        db.Execute(
            "INSERT INTO traffic (app_id, hold_until, hold_seconds) VALUES (@appId, @until, @seconds) "
            + "ON CONFLICT (app_id) DO UPDATE SET hold_until = excluded.hold_until, hold_seconds = excluded.hold_seconds",
            new { appId, until, seconds });

    /// <summary>Sets a rule, or takes it back (null).</summary>
    public static void SetRule(SqliteConnection db, long appId, string rule, string? value)
    {
        if (value is null)
        {
            db.Execute("DELETE FROM routing_rules WHERE app_id = @appId AND rule = @rule", new { appId, rule });
        }
        else
        {
            db.Execute(
                "INSERT INTO routing_rules (app_id, rule, value) VALUES (@appId, @rule, @value) "
                + "ON CONFLICT (app_id, rule) DO UPDATE SET value = excluded.value",
                new { appId, rule, value });
        }
    }
}
