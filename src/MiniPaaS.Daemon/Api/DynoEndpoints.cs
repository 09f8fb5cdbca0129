using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/formation</c> and <c>/dynos</c>: what runs.</summary>
internal static class DynoEndpoints
{
    public static void MapDynos(this WebApplication app, Database database, AppChanges changes, RunningDynos running)
    {
        app.MapGet("/apps/{name}/formation", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Formations(database, found)
            : ApiResults.NoApp(name));
        app.MapPatch("/apps/{name}/formation", (string name, FormationUpdate update, CancellationToken ct) =>
            ScaleAsync(database, changes, name, update, ct));
        app.MapGet("/apps/{name}/dynos", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Results.Json(running.Of(found.Id), ProtocolJson.Default.ImmutableArrayDynoInfo)
            : ApiResults.NoApp(name));
        app.MapDelete("/apps/{name}/dynos", (string name, CancellationToken ct) => RestartAsync(database, changes, running, name, dyno: null, ct));
        app.MapDelete("/apps/{name}/dynos/{dyno}", (string name, string dyno, CancellationToken ct) =>
            RestartAsync(database, changes, running, name, dyno, ct));
    }

    private static IResult Formations(Database database, App app)
    {
        var (formation, types) = database.Read(db => (AppTable.Formation(db, app.Id), ProcessTypes(db, app)));
        return Results.Json(
            types.Keys.Concat(formation.Quantities.Keys).Distinct().Where(t => t != Release.ReleasePhase).Order(StringComparer.Ordinal)
                .Select(t => new FormationInfo(t, formation.Of(t), types.GetValueOrDefault(t))).ToImmutableArray(),
            ProtocolJson.Default.ImmutableArrayFormationInfo);
    }

    private static ImmutableSortedDictionary<string, string> ProcessTypes(Microsoft.Data.Sqlite.SqliteConnection db, App app) =>
        app.LiveRelease is { } live && ReleaseTable.Find(db, app.Id, live)?.Slug is { } slug
            ? slug.ProcessTypes
            : ImmutableSortedDictionary<string, string>.Empty;

    private static async Task<IResult> ScaleAsync(
        Database database, AppChanges changes, string name, FormationUpdate update, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var types = database.Read(db => ProcessTypes(db, app));
        foreach (var (type, quantity) in update.Updates.IsDefault ? [] : update.Updates)
        {
            if (!types.ContainsKey(type) || type == Release.ReleasePhase)
            {
                var known = types.Keys.Where(t => t != Release.ReleasePhase).ToArray();
                return ApiResults.Invalid(known.Length == 0
                    ? $"{name} has nothing to scale yet; push it first."
                    : $"{name} has no process type \"{type}\"; it has: {string.Join(", ", known)}.");
            }

            if (quantity is < 0 or > Formation.MaxQuantity)
            {
                return ApiResults.Invalid($"{quantity} is not a number of dynos; give 0 to {Formation.MaxQuantity}.");
            }
        }

        await changes.ScaleAsync(app.Id, [.. update.Updates.Select(u => (u.Type, u.Quantity))], ct);
        return Formations(database, app);
    }

    private static async Task<IResult> RestartAsync(
        Database database, AppChanges changes, RunningDynos running, string name, string? dyno, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var matching = running.Observed(app.Id)
            .Where(d => d.Running && (dyno is null || d.Slot.Name == dyno || d.Slot.ProcessType == dyno)).ToArray();
        if (dyno is not null && matching.Length == 0)
        {
            return ApiResults.NotFound($"{name} has no dyno or process type \"{dyno}\" running; `paas ps` lists them.");
        }

        var error = await changes.RestartAsync(app.Id, dyno is null ? null : [.. matching], ct);
        return error is null ? Results.Accepted() : ApiResults.Conflict(error);
    }
}
