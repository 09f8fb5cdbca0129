using System.Security.Claims;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>
/// <c>/sources</c> and <c>POST /apps/{name}/builds</c>: how API clients deploy on Heroku. The build is on its way when its request is
/// answered, and goes on without its client; <c>DELETE</c> ends it.
/// </summary>
internal sealed class SourceEndpoints(
    Database database, SourceStore store, Deploys deploys, BuildDescription describe, Settings settings, IHostApplicationLifetime lifetime)
{
    public const string Path = "/sources";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, () =>
        {
            var address = $"{settings.ControlUrl}{Path}/{store.Open()}";
            return Results.Json(
                new SourceInfo(new SourceAddresses(address, address)), ProtocolJson.Default.SourceInfo, statusCode: StatusCodes.Status201Created);
        });
        routes.MapPut($"{Path}/{{id}}", PutAsync);
        routes.MapGet($"{Path}/{{id}}", (string id) => store.Find(id) is { } file ? Results.File(file, "application/octet-stream") : NoSource());
        routes.MapPost("/apps/{name}/builds", BuildAsync);
    }

    private async Task<IResult> PutAsync(HttpContext context, string id, CancellationToken ct)
    {
        if (store.Find(id) is not { } file)
        {
            return NoSource();
        }

        try
        {
            await DeployEndpoints.SaveAsync(context, file, ct);
            return Results.Ok();
        }
        catch (SourceException e)
        {
            return ApiResults.Invalid(e.Message);
        }
    }

    private async Task<IResult> BuildAsync(HttpContext context, string name, CreateBuild request, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (request.SourceBlob is not { Url: { Length: > 0 } url } blob)
        {
            return ApiResults.Invalid("source_blob.url is missing: the address of a tar archive, as POST /sources gives one.");
        }

        var workshop = SlugWorkshop.Open(settings);
        var handed = false;
        try
        {
            var archive = System.IO.Path.Combine(workshop.Directory, "archive");
            await FetchAsync(url, archive, ct);
            await Deploys.CheckAsync(archive, blob.Checksum, ct);
            var entered = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            var deploy = new Deploy(app, user.Identity!.Name!) { Label = blob.Version, Unwrap = true, Entered = id => entered.TrySetResult(id) };
            Deploys.Check(deploy, hasArchive: true);
            handed = true;
            var run = RunAsync(deploy, archive, workshop);
            return await Task.WhenAny(entered.Task, run) == run && await run is { } refusal
                ? ApiResults.Invalid(refusal)
                : Created(context, app, await entered.Task);
        }
        catch (SourceException e)
        {
            return ApiResults.Invalid(e.Message);
        }
        finally
        {
            if (!handed)
            {
                await workshop.DisposeAsync();
            }
        }
    }

    // Null when it came to a build, which has told the rest in its log.
    private async Task<string?> RunAsync(Deploy deploy, string archive, SlugWorkshop workshop)
    {
        await using (workshop)
        {
            string? last = null;
            var entered = false;
            using var output = new PushOutput(Stream.Null, TimeSpan.FromSeconds(30), line => last = line);
            var followed = deploy with
            {
                Entered = id =>
                {
                    entered = true;
                    deploy.Entered(id);
                },
            };
            await deploys.RunAsync(followed, archive, output, lifetime.ApplicationStopping);
            return entered ? null : (last ?? "The source cannot be deployed.").TrimStart(' ', '!');
        }
    }

    private async Task FetchAsync(string url, string archive, CancellationToken ct)
    {
        var own = $"{settings.ControlUrl}{Path}/";
        if (!url.StartsWith(own, StringComparison.Ordinal))
        {
            await SourceDownload.GetAsync(settings, url, archive, ct);
        }
        else if (store.Find(url[own.Length..]) is { } file)
        {
            File.Copy(file, archive);
        }
        else
        {
            throw new SourceException($"Nothing lies at that address: a source is kept for {SourceStore.Lifetime.TotalHours:0} hour. Make a new one with POST /sources.");
        }
    }

    private IResult Created(HttpContext context, App app, long id) => database.Read(db => BuildTable.Find(db, app.Id, id)) is { } build
        ? ApiResults.Json(describe.Of(context.Request, app, build), ProtocolJson.Default.BuildInfo, StatusCodes.Status201Created)
        : ApiResults.NoApp(app.Name);

    private static IResult NoSource() => ApiResults.NotFound(
        $"There is no source of that name: it is kept for {SourceStore.Lifetime.TotalHours:0} hour. Make a new one with POST /sources.");
}
