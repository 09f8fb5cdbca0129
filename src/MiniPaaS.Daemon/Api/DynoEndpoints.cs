using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/formation</c>, <c>/dynos</c> and <c>/logs</c>: what runs.</summary>
internal static class DynoEndpoints
{
    public static void MapDynos(this WebApplication app, Database database, AppChanges changes, Reconciler reconciler, LogBook logs, TimeProvider time)
    {
        app.MapGet("/apps/{name}/formation", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Formations(database, found)
            : ApiResults.NoApp(name));
        app.MapPatch("/apps/{name}/formation", (string name, FormationUpdate update, CancellationToken ct) =>
            ScaleAsync(database, changes, name, update, ct));
        app.MapGet("/apps/{name}/dynos", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Results.Json(Dynos(database, reconciler, found, time.GetUtcNow()), ProtocolJson.Default.ImmutableArrayDynoInfo)
            : ApiResults.NoApp(name));
        app.MapDelete("/apps/{name}/dynos", (string name, CancellationToken ct) => RestartAsync(database, changes, reconciler, name, dyno: null, ct));
        app.MapDelete("/apps/{name}/dynos/{dyno}", (string name, string dyno, CancellationToken ct) =>
            RestartAsync(database, changes, reconciler, name, dyno, ct));
        app.MapGet("/apps/{name}/logs", (HttpContext context, string name, int? num, bool? tail, string? ps) =>
            LogsAsync(context, database, logs, name, Math.Clamp(num ?? 100, 0, 100_000), tail ?? false, ps));
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

    private static ImmutableArray<DynoInfo> Dynos(Database database, Reconciler reconciler, App app, DateTimeOffset now)
    {
        var rows = database.Read(db => AppRows.Read(db, app.Id));
        if (rows is null)
        {
            return [];
        }

        var dynos = reconciler.DynosOf(app.Id);
        var desired = Desired.Of(rows);
        var running = dynos.Observed.Where(d => d.Running).ToLookup(d => d.Slot);
        var wanted = desired.Select(spec => running[spec.Slot].FirstOrDefault() is { } dyno
            ? new DynoInfo(spec.Slot.Name, spec.Slot.ProcessType, dynos.IsUp(dyno) ? "up" : "starting", spec.Release.Number, spec.Command, dyno.Since)
            : new DynoInfo(
                spec.Slot.Name, spec.Slot.ProcessType, dynos.PausedCrash(spec.Slot, now) is null ? "starting" : "crashed", spec.Release.Number, spec.Command, now));
        var slots = desired.Select(d => d.Slot).ToHashSet();
        var leaving = dynos.Observed.Where(d => d.Running && !slots.Contains(d.Slot))
            .Select(d => new DynoInfo(d.Slot.Name, d.Slot.ProcessType, "stopping", d.Release, "", d.Since));
        return [.. wanted.Concat(leaving)];
    }

    private static async Task<IResult> RestartAsync(
        Database database, AppChanges changes, Reconciler reconciler, string name, string? dyno, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var matching = reconciler.DynosOf(app.Id).Observed
            .Where(d => d.Running && (dyno is null || d.Slot.Name == dyno || d.Slot.ProcessType == dyno)).ToArray();
        if (dyno is not null && matching.Length == 0)
        {
            return ApiResults.NotFound($"{name} has no dyno or process type \"{dyno}\" running; `paas ps` lists them.");
        }

        var error = await changes.RestartAsync(app.Id, dyno is null ? null : [.. matching], ct);
        return error is null ? Results.Accepted() : ApiResults.Conflict(error);
    }

    private static async Task LogsAsync(HttpContext context, Database database, LogBook logs, string name, int count, bool tail, string? dyno)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            await ApiResults.NoApp(name).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        var log = logs.Of(app.Id);
        bool Wanted(string line) => dyno is null || IsOf(line, dyno);
        if (!tail)
        {
            await context.Response.WriteAsync(string.Concat(log.Last(count, Wanted).Select(line => line + "\n")), context.RequestAborted);
            return;
        }

        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        try
        {
            await foreach (var line in log.FollowAsync(count, Wanted, context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n", context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // the reader has seen enough
        }
    }

    // A line reads "TIME source[web.1]: text"; both web.1 and web are asked for.
    private static bool IsOf(string line, string dyno)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var close = line.IndexOf(']', StringComparison.Ordinal);
        if (open < 0 || close < open)
        {
            return false;
        }

        var name = line.AsSpan(open + 1, close - open - 1);
        return name.SequenceEqual(dyno) || (name.StartsWith(dyno) && name.Length > dyno.Length && name[dyno.Length] == '.');
    }
}
