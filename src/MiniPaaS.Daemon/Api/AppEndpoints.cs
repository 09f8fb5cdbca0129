using System.Security.Cryptography;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}</c>: make, show, change, destroy; <see cref="AppListEndpoints"/> lists them.</summary>
internal sealed class AppEndpoints(
    Database database,
    AppDescription describe,
    Places places,
    Settings settings,
    AppChanges changes,
    AppRename rename,
    TrafficChanges traffic,
    GitRepositories repositories,
    SlugBuilder builder,
    StackCatalog stacks)
{
    private static readonly string[] Adjectives = ["amber", "brisk", "calm", "dusty", "early", "fresh", "gentle", "quiet", "sunny", "vivid"];
    private static readonly string[] Nouns = ["brook", "cedar", "dune", "field", "harbor", "lake", "meadow", "peak", "river", "stone"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/apps", CreateAsync);
        routes.MapGet("/apps/{name}", (string name) => database.Read(db => AppList.Find(db, name)) is { } found
            ? Json(Whole(found))
            : ApiResults.NoApp(name));
        routes.MapPatch("/apps/{name}", ChangeAsync);
        routes.MapDelete("/apps/{name}", DestroyAsync);
    }

    private async Task<IResult> CreateAsync(CreateApp? request, CancellationToken ct)
    {
        if (!AppName.TryParse(request?.Name ?? Generate(), out var name, out var error))
        {
            return ApiResults.Invalid(error);
        }

        if (request?.Region is { } region && !places.IsRegion(region))
        {
            return ApiResults.Invalid($"There is no region \"{region}\" here; there is one: {Places.RegionName}.");
        }

        var stack = request?.Stack is { } given ? places.StackName(given, settings.Stacks) : null;
        if (stack is not null && stacks.Refusal(stack) is { } refusal)
        {
            return ApiResults.Invalid(refusal);
        }

        return await changes.CreateAsync(name, stack, ct) is { } app
            ? Json(Whole(database.Read(db => AppList.Find(db, app.Id))!), StatusCodes.Status201Created)
            : ApiResults.Invalid($"The name \"{name}\" is already taken on this platform; choose another.");
    }

    private async Task<IResult> ChangeAsync(string name, AppChange change, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (change.BuildStack is { } given)
        {
            var stack = places.StackName(given, settings.Stacks);
            if (stacks.Refusal(stack) is { } refusal)
            {
                return ApiResults.Invalid(refusal);
            }

            await database.WriteAsync(db => AppTable.SetStack(db, app.Id, stack), ct);
        }

        if (change.Name is { } wanted && wanted != app.Name)
        {
            if (!AppName.TryParse(wanted, out var other, out var error))
            {
                return ApiResults.Invalid(error);
            }

            if (await rename.RenameAsync(app.Id, other, ct) is { Error: { } taken })
            {
                return ApiResults.Invalid(taken);
            }
        }

        var outcome = change.Maintenance is { } on ? await traffic.SetMaintenanceAsync(app.Id, on, ct) : new TrafficOutcome(null, InForce: true);
        return ApiResults.Of(outcome, () => database.Read(db => AppList.Find(db, app.Id)) is { } changed ? Json(Whole(changed)) : ApiResults.NoApp(name));
    }

    private async Task<IResult> DestroyAsync(string name, CancellationToken ct)
    {
        if (database.Read(db => AppList.Find(db, name)) is not { } found)
        {
            return ApiResults.NoApp(name);
        }

        var description = Whole(found);
        await changes.DestroyAsync(found.App.Id, ct);
        repositories.Delete(found.App.Id);
        await builder.RemoveCacheAsync(found.App.Id, ct);
        return Json(description);
    }

    private static string Generate() =>
        $"{Adjectives[RandomNumberGenerator.GetInt32(Adjectives.Length)]}-{Nouns[RandomNumberGenerator.GetInt32(Nouns.Length)]}-"
        + $"{RandomNumberGenerator.GetInt32(1000, 10000)}";

    // The size of a repository is on disk only: looking at a thousand of them would take a list too long.
    private AppInfo Whole(ListedApp app) => database.Read(db => describe.Of(db, app)) with { RepoSize = repositories.SizeOf(app.App.Id) };

    private static IResult Json(AppInfo app, int status = StatusCodes.Status200OK) => ApiResults.Json(app, ProtocolJson.Default.AppInfo, status);
}
