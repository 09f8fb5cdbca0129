using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>
/// <c>POST /apps/{name}/deploys</c>: a push without git. The body is an archive, or says where one is; the answer is a JSON object per
/// line, as it happens. Like a push it ends with its client until there is a release, and goes on without it from then.
/// </summary>
internal sealed class DeployEndpoints(Database database, Deploys deploys, Settings settings, IHostApplicationLifetime lifetime)
{
    // A client that stops reading for so long is taken for gone: it may not hold up a deployment.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/apps/{name}/deploys", ReceiveAsync);

    private async Task<IResult> ReceiveAsync(HttpContext context, string name, string? label, bool? unwrap, ClaimsPrincipal user)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var deploy = new Deploy(app, user.Identity!.Name!) { Label = label, Unwrap = unwrap ?? true };
        await using var workshop = SlugWorkshop.Open(settings);
        var archive = Path.Combine(workshop.Directory, "archive");
        try
        {
            if (context.Request.HasJsonContentType())
            {
                var request = await context.Request.ReadFromJsonAsync(ProtocolJson.Default.DeployRequest, context.RequestAborted) ?? new DeployRequest();
                deploy = deploy with { Label = request.Label, Processes = Deploys.CheckProcesses(request.Processes), Image = request.Image, Url = request.Url };
            }
            else
            {
                await SaveAsync(context, archive, context.RequestAborted);
            }

            Deploys.Check(deploy, hasArchive: File.Exists(archive));
        }
        catch (Exception e) when (e is SourceException or JsonException)
        {
            return ApiResults.Invalid(e.Message);
        }

        await AnswerAsync(context, deploy, archive);
        return Results.Empty;
    }

    internal static async Task SaveAsync(HttpContext context, string file, CancellationToken ct)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = Deploys.MaxArchive;
        }

        await SourceStore.SaveAsync(context.Request.Body, file, Deploys.MaxArchive, ct);
    }

    private async Task AnswerAsync(HttpContext context, Deploy deploy, string archive)
    {
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.StartAsync(context.RequestAborted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var output = new PushOutput(context.Response.Body, Patience, line => Write(new DeployEvent { Line = line }));
        Deployment? deployment = null;
        long? build = null;
        var followed = deploy with { Entered = id => build = id, Deployed = end => deployment = end };
        var released = await deploys.RunAsync(followed, archive, output, ended.Token);
        var result = new DeployInfo(deploy.App.Name, released, build, deployment?.Release, deployment?.Succeeded ?? false);
        await output.WriteAsync(Write(new DeployEvent { Result = result }));
    }

    private static string Write(DeployEvent line) => JsonSerializer.Serialize(line, ProtocolJson.Default.DeployEvent);
}
