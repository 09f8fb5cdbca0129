using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Releasing;

/// <summary>What became of a change of an app's traffic.</summary>
/// <param name="Error">Why it was refused, or null.</param>
/// <param name="InForce">False where it is committed, but not every router has acknowledged it in time.</param>
internal sealed record TrafficOutcome(string? Error, bool InForce);

/// <summary>
/// Changes of how visitors are treated: they make no release, so they need not wait for the app's turn. Each is in force on every
/// router when it returns.
/// </summary>
internal sealed class TrafficChanges(Database database, Reconciler reconciler, LogBook logs, Settings settings, TimeProvider time)
{
    private static readonly TimeSpan RouterPatience = TimeSpan.FromSeconds(30);

    /// <summary>Gives the app another host name.</summary>
    public Task<TrafficOutcome> AddDomainAsync(long appId, DomainName domain, CancellationToken ct) => ChangeAsync(
        appId,
        $"Added domain {domain}",
        db =>
        {
            // A catch-all of the platform's own names would answer for apps to come, and for the control plane.
            if (domain.Value == settings.ControlHost || domain.Value == settings.Domain || domain.Value == $"*.{settings.Domain}")
            {
                return $"{domain} belongs to the platform itself; choose another domain.";
            }

            switch (DomainTable.OwnerOf(db, domain.Value))
            {
                case null:
                    DomainTable.Insert(db, appId, domain.Value);
                    return null;
                case { } owner when owner == appId:
                    return $"{domain} is a domain of this app already; see `paas domains`.";
                default:
                    return $"{domain} is in use on this platform already; it must be removed there first.";
            }
        },
        ct);

    /// <summary>Takes a host name away from the app.</summary>
    public Task<TrafficOutcome> RemoveDomainAsync(long appId, string host, CancellationToken ct) => ChangeAsync(
        appId,
        $"Removed domain {host}",
        db =>
        {
            var domains = AppTable.Domains(db, appId);
            if (!domains.Contains(host))
            {
                return $"The app has no domain {host}; see `paas domains`.";
            }

            if (domains[0] == host)
            {
                return $"{host} is the name that the platform gave the app; it cannot be removed.";
            }

            DomainTable.Delete(db, appId, host);
            return null;
        },
        ct);

    /// <summary>Gives the app another name, and the platform's host of that name; <see cref="AppRename"/> calls it.</summary>
    public Task<TrafficOutcome> RenameAsync(long appId, string before, AppName name, CancellationToken ct) => ChangeAsync(
        appId,
        $"Renamed from {before} to {name}",
        db => AppTable.Rename(db, appId, name, $"{before}.{settings.Domain}", $"{name}.{settings.Domain}")
            ? null
            : $"The name \"{name}\" is already taken on this platform; choose another.",
        ct);

    public Task<TrafficOutcome> SetMaintenanceAsync(long appId, bool on, CancellationToken ct) => ChangeAsync(
        appId,
        $"Maintenance mode {(on ? "on" : "off")}",
        db =>
        {
            TrafficTable.SetMaintenance(db, appId, on);
            return null;
        },
        ct);

    /// <summary>Parks the app's requests for some time.</summary>
    public Task<TrafficOutcome> HoldAsync(long appId, TimeSpan length, CancellationToken ct) => ChangeAsync(
        appId,
        $"Requests are held for {length.TotalSeconds:0} seconds",
        db =>
        {
            TrafficTable.SetHold(db, appId, time.GetUtcNow() + length, (int)Math.Ceiling(length.TotalSeconds));
            return null;
        },
        ct);

    /// <summary>Ends a hold.</summary>
    public Task<TrafficOutcome> ResumeAsync(long appId, CancellationToken ct) => ChangeAsync(
        appId,
        "Requests are no longer held",
        db =>
        {
            TrafficTable.SetHold(db, appId, until: null, seconds: 0);
            return null;
        },
        ct);

    /// <summary>Sets rules to values as <see cref="RoutingRule.Read"/> gives them, or takes them back (null).</summary>
    public Task<TrafficOutcome> SetRulesAsync(long appId, ImmutableArray<(string Rule, string? Value)> rules, CancellationToken ct) => ChangeAsync(
        appId,
        $"Routing: {string.Join(" ", rules.Select(r => $"{r.Rule}={r.Value ?? RoutingRule.Find(r.Rule)!.Default}"))}",
        db =>
        {
            foreach (var (rule, value) in rules)
            {
                TrafficTable.SetRule(db, appId, rule, value);
            }

            return null;
        },
        ct);

    private async Task<TrafficOutcome> ChangeAsync(
        long appId, string line, Func<Microsoft.Data.Sqlite.SqliteConnection, string?> change, CancellationToken ct)
    {
        var error = await database.WriteAsync(
            db => AppTable.Find(db, appId) is null ? "The app was destroyed in the meantime." : change(db), ct);
        if (error is not null)
        {
            return new TrafficOutcome(error, false);
        }

        logs.Platform(appId, "api", line);
        return new TrafficOutcome(null, await reconciler.InForceAsync(appId, RouterPatience, ct));
    }
}
