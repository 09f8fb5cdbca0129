using System.Collections.Immutable;
using System.Security.Claims;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/stacks</c> and <c>/apps/{name}/rebase</c>: what apps are built on and run on.</summary>
internal sealed class StackEndpoints(
    Database database, DockerClient docker, StackCatalog catalog, StackPackages packages, StackUpdate update, SlugRebase rebase, Places places, Settings settings)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/stacks", async (HttpContext context, CancellationToken ct) => Lists.Of(
            context, (await DescribeAsync(ct)).ToImmutableArray(), ProtocolJson.Default.ImmutableArrayStackInfo, ("id", one => one.Id), ("name", one => one.Name)));
        routes.MapGet("/stacks/{stack}", async (string stack, CancellationToken ct) =>
            (await DescribeAsync(ct)).FirstOrDefault(one => one.Name == places.StackName(stack, [.. settings.Stacks, Slug.ContainerStack])) is { } found
                ? ApiResults.Json(found, ProtocolJson.Default.StackInfo)
                : NoStack(stack));
        routes.MapGet("/stacks/{stack}/packages", PackagesAsync);
        routes.MapPost("/stacks/{stack}/update", UpdateAsync);
        routes.MapPost("/apps/{name}/rebase", RebaseAsync);
    }

    private async Task<List<StackInfo>> DescribeAsync(CancellationToken ct)
    {
        var live = database.Read(ReleaseTable.LiveSlugs);
        var stacks = new List<StackInfo>();
        foreach (var stack in catalog.All())
        {
            var run = await docker.InspectImageAsync(BuildSpec.Image(stack.Name, "run"), ct);
            var build = await docker.InspectImageAsync(BuildSpec.Image(stack.Name, "build"), ct);
            var (apps, outdated) = (new List<string>(), new List<string>());

            // All that lie on one image of the stack are alike.
            foreach (var same in live.Where(one => one.Stack == stack.Name).GroupBy(one => one.StackImage, StringComparer.Ordinal))
            {
                apps.AddRange(same.Select(one => one.App));
                if (await rebase.IsOutdatedAsync(stack.Name, same.Key, same.First().Slug, ct))
                {
                    outdated.AddRange(same.Select(one => one.App));
                }
            }

            stacks.Add(new StackInfo
            {
                Id = places.Stack(stack.Name).Id,
                Name = stack.Name,
                Default = stack.Name == settings.DefaultStack,
                State = run is null || build is null ? "missing" : catalog.IsRetired(stack) ? "retired" : stack.RetiredOn is null ? "public" : "deprecated",
                CreatedAt = run?.Created ?? DateTimeOffset.UnixEpoch,
                UpdatedAt = run?.Created ?? DateTimeOffset.UnixEpoch,
                Description = stack.Description,
                RetiredOn = stack.RetiredOn,
                RunImage = run?.Id,
                BuildImage = build?.Id,
                Packages = run is null ? 0 : (await packages.OfAsync(run.Id, ct)).Count,
                Apps = [.. apps.Order(StringComparer.Ordinal)],
                Outdated = [.. outdated.Order(StringComparer.Ordinal)],
            });
        }

        stacks.Add(new StackInfo
        {
            Id = places.Stack(Slug.ContainerStack).Id,
            Name = Slug.ContainerStack,
            Default = false,
            State = "public",
            CreatedAt = DateTimeOffset.UnixEpoch,
            UpdatedAt = DateTimeOffset.UnixEpoch,
            Description = "An image of one's own: heroku.yml or a Dockerfile, or paas deploy --image",
            Apps = [.. live.Where(one => one.Stack == Slug.ContainerStack).Select(one => one.App).Order(StringComparer.Ordinal)],
        });
        return stacks;
    }

    private async Task<IResult> PackagesAsync(string stack, CancellationToken ct)
    {
        if (!settings.Stacks.Contains(stack, StringComparer.Ordinal) || await docker.InspectImageAsync(BuildSpec.Image(stack, "run"), ct) is not { } image)
        {
            return NoStack(stack);
        }

        return ApiResults.Json(await packages.OfAsync(image.Id, ct), ProtocolJson.Default.ImmutableSortedDictionaryStringString);
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
            return ApiResults.Json(
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
        ApiResults.NotFound($"There is no stack \"{stack}\" here; installed are: {string.Join(", ", settings.Stacks)}.", "stack");
}
