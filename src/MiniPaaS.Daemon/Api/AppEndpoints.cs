using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps</c>: make, list, show, destroy.</summary>
internal static class AppEndpoints
{
    private static readonly string[] Adjectives = ["amber", "brisk", "calm", "dusty", "early", "fresh", "gentle", "quiet", "sunny", "vivid"];
    private static readonly string[] Nouns = ["brook", "cedar", "dune", "field", "harbor", "lake", "meadow", "peak", "river", "stone"];

    public static void MapApps(
        this WebApplication app, Database database, Settings settings, AppChanges changes, TrafficChanges traffic, GitRepositories repositories, SlugBuilder builder,
        StackCatalog stacks)
    {
        app.MapGet("/platform", () => Results.Json(
            new PlatformInfo(ProductVersion.Text, settings.Domain, settings.ControlUrl), ProtocolJson.Default.PlatformInfo));
        app.MapGet("/apps", () => Results.Json(
            database.Read(db => AppTable.All(db).Select(a => Describe(db, a, settings)).ToImmutableArray()),
            ProtocolJson.Default.ImmutableArrayAppInfo));
        app.MapPost("/apps", (CreateApp request, CancellationToken ct) => CreateAsync(request, database, settings, changes, stacks, ct));
        app.MapGet("/apps/{name}", (string name) => database.Read(db =>
            AppTable.Find(db, name) is { } found ? Json(Describe(db, found, settings)) : ApiResults.NoApp(name)));
        app.MapPatch("/apps/{name}", (string name, AppChange change, CancellationToken ct) => ChangeAsync(name, change, database, settings, traffic, stacks, ct));
        app.MapDelete("/apps/{name}", async (string name, CancellationToken ct) =>
        {
            var description = database.Read(db => AppTable.Find(db, name) is { } found ? Describe(db, found, settings) : null);
            if (description is null)
            {
                return ApiResults.NoApp(name);
            }

            await changes.DestroyAsync(description.Id, ct);
            repositories.Delete(description.Id);
            await builder.RemoveCacheAsync(description.Id, ct);
            return Json(description);
        });
    }

    private static async Task<IResult> CreateAsync(
        CreateApp request, Database database, Settings settings, AppChanges changes, StackCatalog stacks, CancellationToken ct)
    {
        if (!AppName.TryParse(request.Name ?? Generate(), out var name, out var error))
        {
            return ApiResults.Invalid(error);
        }

        if (request.Stack is { } stack && stacks.Refusal(stack) is { } refusal)
        {
            return ApiResults.Invalid(refusal);
        }

        return await changes.CreateAsync(name, request.Stack, ct) is { } app
            ? Json(database.Read(db => Describe(db, app, settings)), StatusCodes.Status201Created)
            : ApiResults.Invalid($"The name \"{name}\" is already taken on this platform; choose another.");
    }

    private static async Task<IResult> ChangeAsync(
        string name, AppChange change, Database database, Settings settings, TrafficChanges traffic, StackCatalog stacks, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (change.BuildStack is { } stack)
        {
            if (stacks.Refusal(stack) is { } refusal)
            {
                return ApiResults.Invalid(refusal);
            }

            await database.WriteAsync(db => AppTable.SetStack(db, app.Id, stack), ct);
        }

        var outcome = change.Maintenance is { } on ? await traffic.SetMaintenanceAsync(app.Id, on, ct) : new TrafficOutcome(null, InForce: true);
        return ApiResults.Of(outcome, () => Json(database.Read(db => Describe(db, AppTable.Find(db, app.Id) ?? app, settings))));
    }

    private static string Generate() =>
        $"{Adjectives[RandomNumberGenerator.GetInt32(Adjectives.Length)]}-{Nouns[RandomNumberGenerator.GetInt32(Nouns.Length)]}-"
        + $"{RandomNumberGenerator.GetInt32(1000, 10000)}";

    private static AppInfo Describe(SqliteConnection db, App app, Settings settings)
    {
        var live = app.LiveRelease is { } number ? ReleaseTable.Find(db, app.Id, number) : null;
        var domains = AppTable.Domains(db, app.Id);
        return new AppInfo(
            app.Id,
            app.Name,
            live?.Slug?.Stack ?? app.Stack ?? settings.DefaultStack,
            live?.Slug?.BuildpackNames,
            settings.WebUrl(domains[0]),
            $"{settings.ControlUrl}/{app.Name}.git",
            domains,
            app.LiveRelease,
            TrafficTable.Find(db, app.Id).Maintenance,
            app.CreatedAt)
        {
            BuildStack = app.Stack,
        };
    }

    private static IResult Json(AppInfo app, int status = StatusCodes.Status200OK) =>
        Results.Json(app, ProtocolJson.Default.AppInfo, statusCode: status);
}
