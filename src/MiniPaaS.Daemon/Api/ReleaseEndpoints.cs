using System.Collections.Immutable;
using System.Globalization;
using System.Security.Claims;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/releases</c>: list, show, roll back, release a slug once more.</summary>
internal sealed class ReleaseEndpoints(
    Database database, AppChanges changes, SlugBook slugs, SlugFinder finder, SlugRelease slugRelease, ReleaseDescription describe)
{
    private static readonly string[] Fields = ["version", "id"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/releases", (HttpContext context, string name) => List(context, name));
        routes.MapGet("/apps/{name}/releases/{release}", (HttpContext context, string name, string release) => OfRelease(name, release, (app, number) =>
            database.Read(db => ReleaseList.Find(db, app.Id, number)) is { } found ? Json(context, app, found) : ReleaseDescription.None(name, release)));
        routes.MapGet("/apps/{name}/releases/{release}/config-vars", (string name, string release) => OfRelease(name, release, (app, number) =>
            database.Read(db => ReleaseTable.Find(db, app.Id, number)) is { } found
                ? ApiResults.Json(found.ConfigVars.Reveal(), ProtocolJson.Default.ImmutableSortedDictionaryStringString)
                : ReleaseDescription.None(name, release)));
        routes.MapPost("/apps/{name}/releases", CreateAsync);
    }

    private IResult List(HttpContext context, string name)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (!ListRange.TryParse(context.Request.Headers.Range, Fields, out var range, out var error))
        {
            return ApiResults.NoSuchRange(error);
        }

        // An id holds the number, so that both orders are the same.
        var (start, end) = (Bound(app, range.Start, range), Bound(app, range.End, range with { Exclusive = false }));
        var (low, high) = range.Descending ? (end, start) : (start, end);
        var page = database.Read(db => ReleaseList.Between(db, app.Id, low ?? 0, high ?? int.MaxValue, range.Descending, range.Max + 1));
        return Lists.Part(
            page.Take(range.Max).Select(release => describe.Of(context.Request, app, release)).ToImmutableArray(),
            page.Length > range.Max,
            range,
            ProtocolJson.Default.ImmutableArrayReleaseInfo,
            release => range.Field == "id" ? release.Id : release.Version.ToString(CultureInfo.InvariantCulture),
            Fields);
    }

    private long? Bound(App app, string? text, ListRange range) =>
        text is not null && describe.NumberOf(app.Id, text) is { } number ? number + (range.Exclusive ? range.Descending ? -1 : 1 : 0) : null;

    private async Task<IResult> CreateAsync(HttpContext context, string name, CreateRelease? wanted, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (wanted?.Slug is { } slug)
        {
            return await ReleaseSlugAsync(context, app, slug, wanted.Description, user.Identity!.Name!, ct);
        }

        var number = wanted?.Release is { } text ? describe.NumberOf(app.Id, text) : null;
        if (wanted?.Release is not null && number is null)
        {
            return ApiResults.Invalid($"There is no release {wanted.Release}; `paas releases` lists them.");
        }

        var (release, error) = await changes.RollBackAsync(app.Id, number, user.Identity!.Name!, ct);
        return release is null ? ApiResults.Invalid(error!) : Made(context, app, release.Number);
    }

    private async Task<IResult> ReleaseSlugAsync(HttpContext context, App app, string slug, string? description, string user, CancellationToken ct)
    {
        if (finder.Find(app.Id, slug) is not { } known)
        {
            return ApiResults.Invalid($"{app.Name} has no slug {slug}; `paas slugs` lists them.");
        }

        try
        {
            var text = string.IsNullOrWhiteSpace(description) ? $"Release slug {known.Slug.ShortId}" : description.ReplaceLineEndings(" ").Trim();
            var made = await slugRelease.MakeAsync(
                app.Id,
                user,
                // It may have been collected while others had the app's turn.
                _ => Task.FromResult(((slugs.Find(app.Id, known.Slug.Id) ?? throw new SlugException($"Slug {known.Slug.ShortId} is gone.")).Slug, new SlugOrigin(text[..Math.Min(200, text.Length)]))),
                ct);
            return Made(context, app, made.Number);
        }
        catch (SlugException e)
        {
            return ApiResults.Conflict(e.Message);
        }
    }

    private IResult Made(HttpContext context, App app, int number) =>
        Json(context, app, database.Read(db => ReleaseList.Find(db, app.Id, number))!, StatusCodes.Status201Created);

    private IResult Json(HttpContext context, App app, ListedRelease release, int status = StatusCodes.Status200OK) =>
        ApiResults.Json(describe.Of(context.Request, app, release), ProtocolJson.Default.ReleaseInfo, status);

    private IResult OfRelease(string name, string release, Func<App, int, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is not { } app ? ApiResults.NoApp(name)
        : describe.NumberOf(app.Id, release) is { } number ? answer(app, number)
        : ReleaseDescription.None(name, release);
}
