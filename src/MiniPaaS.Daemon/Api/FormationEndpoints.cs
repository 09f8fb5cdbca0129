using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/formation</c>: how many dynos of each process type are wanted.</summary>
internal sealed class FormationEndpoints(Database database, AppChanges changes, ResourceIds ids, AppDescription apps, Places places)
{
    // Names of the Heroku sizes that have as much memory as every dyno has here.
    private static readonly string[] Sizes = [Places.SizeName, "standard-1x", "basic", "eco", "free", "hobby", "1x"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/formation", (HttpContext context, string name) => OfApp(name, app =>
            Lists.Of(context, Formations(app), ProtocolJson.Default.ImmutableArrayFormationInfo, ("type", f => f.Type), ("id", f => f.Id))));
        routes.MapGet("/apps/{name}/formation/{type}", (string name, string type) => OfApp(name, app =>
            Find(app, type) is { } found ? ApiResults.Json(found, ProtocolJson.Default.FormationInfo) : NoType(app, type)));
        routes.MapPatch("/apps/{name}/formation", (string name, FormationUpdate update, CancellationToken ct) =>
            OfAppAsync(name, app => ScaleAsync(app, update.Updates.IsDefault ? [] : update.Updates, changed => All(changed), ct)));
        routes.MapPatch("/apps/{name}/formation/{type}", (string name, string type, FormationChange change, CancellationToken ct) =>
            OfAppAsync(name, app => Find(app, type) is null
                ? Task.FromResult(NoType(app, type))
                : ScaleAsync(app, [change with { Type = type }], changed => ApiResults.Json(Find(changed, type)!, ProtocolJson.Default.FormationInfo), ct)));
    }

    private async Task<IResult> ScaleAsync(App app, ImmutableArray<FormationChange> updates, Func<App, IResult> answer, CancellationToken ct)
    {
        var wanted = ImmutableArray.CreateBuilder<Scaling>();
        foreach (var update in updates)
        {
            var (scaling, refusal) = Read(app, update);
            if (refusal is not null)
            {
                return refusal;
            }

            if (scaling is not null)
            {
                wanted.Add(scaling);
            }
        }

        if (wanted.Count > 0)
        {
            await changes.ScaleAsync(app.Id, wanted.ToImmutable(), ct);
        }

        return answer(app);
    }

    private (Scaling? Scaling, IResult? Refusal) Read(App app, FormationChange update)
    {
        if (Find(app, update.Type ?? "") is not { Command: not null } found)
        {
            return (null, Unknown(app, update.Type));
        }

        if (update.Size is { } size && !Sizes.Contains(size, StringComparer.OrdinalIgnoreCase))
        {
            return (null, ApiResults.Invalid($"There are no dynos of size \"{size}\" here: every dyno has 512 MB ({Places.SizeName})."));
        }

        // A release phase is shown, as on Heroku, whose CLI looks for it; it has no dynos that could be counted.
        if (update.Quantity is not { } text || (found.Type == Release.ReleasePhase && text == "0"))
        {
            return (null, null);
        }

        if (found.Type == Release.ReleasePhase)
        {
            return (null, Unknown(app, found.Type));
        }

        return Scaling.TryParse(found.Type, text, out var scaling)
            ? (scaling, null)
            : (null, ApiResults.Invalid($"{text} is not a number of dynos; give 0 to {Formation.MaxQuantity}, or a difference as +1 or -1."));
    }

    private IResult All(App app) => ApiResults.Json(Formations(app), ProtocolJson.Default.ImmutableArrayFormationInfo);

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private async Task<IResult> OfAppAsync(string name, Func<App, Task<IResult>> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? await answer(app) : ApiResults.NoApp(name);

    private FormationInfo? Find(App app, string type) =>
        Formations(app).FirstOrDefault(formation => formation.Type == type || ResourceIds.Same(formation.Id, type));

    private ImmutableArray<FormationInfo> Formations(App app)
    {
        var (formation, live) = database.Read(db => (AppTable.Formation(db, app.Id), Live(db, app)));
        var types = live?.Slug?.ProcessTypes ?? ImmutableSortedDictionary<string, string>.Empty;
        return
        [
            .. types.Keys.Concat(formation.Quantities.Keys).Distinct().Order(StringComparer.Ordinal)
                .Select(type => new FormationInfo
                {
                    Id = ids.Named(ResourceKind.Formation, $"{app.Id}", type),
                    App = apps.Reference(app),
                    Command = types.GetValueOrDefault(type),
                    CreatedAt = app.CreatedAt,
                    DynoSize = places.Size,
                    Quantity = formation.Of(type),
                    Size = Places.SizeName,
                    Type = type,
                    UpdatedAt = live?.CreatedAt ?? app.CreatedAt,
                }),
        ];
    }

    private static Release? Live(SqliteConnection db, App app) =>
        app.LiveRelease is { } live ? ReleaseTable.Find(db, app.Id, live) : null;

    private IResult Unknown(App app, string? type)
    {
        var known = Formations(app).Where(formation => formation.Command is not null && formation.Type != Release.ReleasePhase).Select(formation => formation.Type).ToArray();
        return ApiResults.Invalid(known.Length == 0
            ? $"{app.Name} has nothing to scale yet; push it first."
            : $"{app.Name} has no process type \"{type}\"; it has: {string.Join(", ", known)}.");
    }

    private static IResult NoType(App app, string type) =>
        ApiResults.NotFound($"{app.Name} has no process type \"{type}\"; `paas ps:scale` lists them.", "formation");
}
