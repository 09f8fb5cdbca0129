using System.Collections.Immutable;
using System.Security.Claims;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/stacks</c> and <c>/apps/{name}/rebase</c>: what apps are built on and run on.</summary>
internal sealed class StackEndpoints(
    Database database, DockerClient docker, StackCatalog catalog, StackPackages packages, StackUpdate update, SlugRebase rebase, Settings settings)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/stacks", async (CancellationToken ct) =>
            Results.Json((await DescribeAsync(ct)).ToImmutableArray(), ProtocolJson.Default.ImmutableArrayStackInfo));
        routes.MapGet("/stacks/{stack}/packages", PackagesAsync);
        routes.MapPost("/stacks/{stack}/update", UpdateAsync);
        routes.MapPost("/apps/{name}/rebase", RebaseAsync);
    }

    private async Task<List<StackInfo>> DescribeAsync(CancellationToken ct)
    {
        var slugs = database.Read(db => AppTable.All(db)
            .Select(app => (app.Name, app.LiveRelease is { } live ? ReleaseTable.Find(db, app.Id, live)?.Slug : null))
            .ToArray());
        var stacks = new List<StackInfo>();
        foreach (var stack in catalog.All())
        {
            var run = await docker.InspectImageAsync(BuildSpec.Image(stack.Name, "run"), ct);
            var build = await docker.InspectImageAsync(BuildSpec.Image(stack.Name, "build"), ct);
            var (apps, outdated) = (new List<string>(), new List<string>());
            foreach (var (name, slug) in slugs.Where(app => app.Item2?.Stack == stack.Name))
            {
                apps.Add(name);
                if (await rebase.IsOutdatedAsync(slug!, ct))
                {
                    outdated.Add(name);
                }
            }

            stacks.Add(new StackInfo(
                stack.Name,
                stack.Description,
                stack.Name == settings.DefaultStack,
                run is null || build is null ? "missing" : catalog.IsRetired(stack) ? "retired" : stack.RetiredOn is null ? "public" : "deprecated",
                stack.RetiredOn,
                run?.Id,
                build?.Id,
                run is null ? 0 : (await packages.OfAsync(run.Id, ct)).Count,
                [.. apps],
                [.. outdated],
                run?.Created));
        }

        stacks.Add(new StackInfo(
            Slug.ContainerStack,
            "An image of one's own: heroku.yml or a Dockerfile, or paas deploy --image",
            Default: false,
            "public",
            null,
            null,
            null,
            0,
            [.. slugs.Where(app => app.Item2?.IsContainer == true).Select(app => app.Name)],
            [],
            null));
        return stacks;
    }

    private async Task<IResult> PackagesAsync(string stack, CancellationToken ct)
    {
        if (!settings.Stacks.Contains(stack, StringComparer.Ordinal) || await docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct) is not { } image)
        {
            return NoStack(stack);
        }

        return Results.Json(await packages.OfAsync(image.Id, ct), ProtocolJson.Default.ImmutableSortedDictionaryStringString);
    }

    // Minutes of work: its words are sent as they come, the last of them says how it went.
    private async Task<IResult> UpdateAsync(HttpContext context, string stack)
    {
        if (!settings.Stacks.Contains(stack, StringComparer.Ordinal))
        {
            return NoStack(stack);
        }

        var ct = context.RequestAborted;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.StartAsync(ct);
        var succeeded = await update.RunAsync(stack, SayAsync, ct);
        await SayAsync(succeeded ? "done" : "failed");
        return Results.Empty;

        async Task SayAsync(string line)
        {
            await context.Response.WriteAsync($"{line}\n", ct);
            await context.Response.Body.FlushAsync(ct);
        }
    }

    private async Task<IResult> RebaseAsync(string name, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        try
        {
            var release = await rebase.RebaseAsync(app, user.Identity!.Name!, ct);
            return Results.Json(
                new RebaseInfo(name, release?.Number),
                ProtocolJson.Default.RebaseInfo,
                statusCode: release is null ? StatusCodes.Status200OK : StatusCodes.Status201Created);
        }
        catch (SlugException e)
        {
            return ApiResults.Conflict(e.Message);
        }
    }

    private IResult NoStack(string stack) =>
        ApiResults.NotFound($"There is no stack \"{stack}\" here; installed are: {string.Join(", ", settings.Stacks)}.");
}
