using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/slugs</c>: what builds made. All but show and make are extensions.</summary>
internal sealed class SlugEndpoints(
    Database database,
    SlugBook book,
    SlugFinder finder,
    SlugDescription describe,
    SlugImages images,
    SlugVerification verification,
    SlugExport export,
    SlugImport import,
    TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/slugs", (HttpContext context, string name) => OfApp(name, app => Lists.Of(
            context,
            book.All(app.Id).Select(known => describe.Of(context.Request, app.Name, known, checksum: null)).ToImmutableArray(),
            ProtocolJson.Default.ImmutableArraySlugInfo,
            ("id", slug => slug.Id))));
        routes.MapGet("/apps/{name}/slugs/{id}", (HttpContext context, string name, string id, CancellationToken ct) => OfSlugAsync(name, id, async (app, known) =>
            ApiResults.Json(
                describe.Of(context.Request, app.Name, known, await images.LayerOfAsync(known.Slug, ct)), ProtocolJson.Default.SlugInfo)));
        routes.MapGet("/apps/{name}/slugs/{id}/files", (string name, string id, CancellationToken ct) => OfSlugAsync(name, id, async (_, known) =>
            ApiResults.Json((await images.FilesOfAsync(known.Slug, ct)).Select(SlugDescription.Of).ToImmutableArray(), ProtocolJson.Default.ImmutableArraySlugFileInfo)));
        routes.MapGet("/apps/{name}/slugs/{id}/diff/{other}", (string name, string id, string other, CancellationToken ct) =>
            OfSlugAsync(name, id, (_, before) => OfSlugAsync(name, other, async (_, after) => ApiResults.Json(
                SlugDiff.Between(await images.FilesOfAsync(before.Slug, ct), await images.FilesOfAsync(after.Slug, ct))
                    .Select(SlugDescription.Of).ToImmutableArray(),
                ProtocolJson.Default.ImmutableArraySlugChangeInfo))));
        routes.MapPost("/apps/{name}/slugs/{id}/verification", (HttpContext context, string name, string id) =>
            OfSlugAsync(name, id, (app, known) => VerifyAsync(context, app, known)));
        routes.MapGet("/apps/{name}/slugs/{id}/archive", (HttpContext context, string name, string id) =>
            OfSlugAsync(name, id, (app, known) => ExportAsync(context, app, known)));
        routes.MapPost("/apps/{name}/slugs", ImportAsync);
    }

    // A rebuild may take longer than a client waits for an answer to begin: so it begins at once.
    private async Task<IResult> VerifyAsync(HttpContext context, App app, KnownSlug known)
    {
        var ct = context.RequestAborted;
        var start = time.GetTimestamp();
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.StartAsync(ct);
        await context.Response.Body.FlushAsync(ct);
        SlugVerificationInfo answer;
        try
        {
            var verdict = await verification.VerifyAsync(app, known, ct);
            answer = new SlugVerificationInfo(
                known.Slug.Id, verdict.Verified, verdict.Layer, verdict.Rebuilt, [.. verdict.Changes.Select(SlugDescription.Of)], verdict.OtherInputs,
                Error: null, Seconds());
        }
        catch (Exception e) when (e is SlugException or FormatException)
        {
            answer = new SlugVerificationInfo(known.Slug.Id, Verified: false, null, null, [], [], e.Message, Seconds());
        }

        await JsonSerializer.SerializeAsync(context.Response.Body, answer, ProtocolJson.Default.SlugVerificationInfo, ct);
        return Results.Empty;

        double Seconds() => Math.Round(time.GetElapsedTime(start).TotalSeconds, 3);
    }

    private async Task<IResult> ExportAsync(HttpContext context, App app, KnownSlug known)
    {
        await export.WriteAsync(
            app.Name,
            known,
            () =>
            {
                context.Response.ContentType = "application/x-tar";
                context.Response.Headers.ContentDisposition = $"attachment; filename=\"{app.Name}-{known.Releases[^1].Version}.tar\"";
                return context.Response.Body;
            },
            context.RequestAborted);
        return Results.Empty;
    }

    private async Task<IResult> ImportAsync(HttpContext context, string name, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (context.Request.HasJsonContentType())
        {
            return ApiResults.Invalid(
                "A slug is made of an image archive here, in one request: send the archive of `paas slugs:export` as application/x-tar. "
                + "Process types and a blob to be uploaded afterwards are not taken.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = SlugImport.MaxArchive;
        }

        try
        {
            var release = await import.ImportAsync(app, context.Request.Body, user.Identity!.Name!, ct);
            return ApiResults.Json(
                describe.Of(
                    context.Request,
                    app.Name,
                    book.Find(app.Id, release.Version) ?? new KnownSlug(app.Id, release.Slug!, [release], Inputs: null, Key: ""),
                    checksum: null),
                ProtocolJson.Default.SlugInfo,
                statusCode: StatusCodes.Status201Created);
        }
        catch (SlugException e)
        {
            return ApiResults.Invalid(e.Message);
        }
    }

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private async Task<IResult> OfSlugAsync(string name, string id, Func<App, KnownSlug, Task<IResult>> answer)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (finder.Find(app.Id, id) is not { } known)
        {
            return ApiResults.NotFound($"{name} has no slug \"{id}\". Name it by a release that went live (v7) or by the beginning of its id; `paas slugs` lists them.", "slug");
        }

        try
        {
            return await answer(app, known);
        }
        catch (SlugException e)
        {
            return ApiResults.Invalid(e.Message);
        }
    }
}
