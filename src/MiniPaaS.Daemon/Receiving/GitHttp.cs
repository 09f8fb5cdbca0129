using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Finds the app that a git address names; null when there is none.</summary>
internal delegate ValueTask<PushTarget?> AppLookup(string name, CancellationToken ct);

/// <summary>Git's smart HTTP protocol in front of the git program. Authentication has happened before.</summary>
internal sealed partial class GitHttp(
    Settings settings, GitRepositories repositories, PushSessions sessions, AppLookup find, ILogger<GitHttp> log)
{
    private const string UploadPack = "git-upload-pack";
    private const string ReceivePack = "git-receive-pack";
    private const int BufferSize = 64 * 1024;

    /// <summary>Answers the request for the refs, the first one of every fetch and push.</summary>
    public async Task AdvertiseAsync(HttpContext context, string app)
    {
        var service = context.Request.Query["service"].ToString();
        if (service is not (UploadPack or ReceivePack))
        {
            await RefuseAsync(
                context, StatusCodes.Status403Forbidden, "This server speaks git's smart HTTP protocol only; use git 1.6.6 or newer.");
            return;
        }

        if (await FindAsync(context, app) is not { } target)
        {
            return;
        }

        Begin(context, $"application/x-{service}-advertisement");
        var environment = Protocol(context, service);
        if (!environment.GetValueOrDefault("GIT_PROTOCOL", "").Split(':').Contains("version=2"))
        {
            await context.Response.WriteAsync($"{service.Length + 15:x4}# service={service}\n0000", context.RequestAborted);
        }

        var repository = repositories.Ensure(target.AppId);
        await using var git = Git.Start(
            repository, environment, [], service["git-".Length..], "--stateless-rpc", "--advertise-refs", repository);
        git.Input.Close();
        await git.Output.CopyToAsync(context.Response.Body, context.RequestAborted);
        await ReportAsync(git, service, app);
    }

    /// <summary>Serves a fetch; it ends with its client.</summary>
    public async Task UploadPackAsync(HttpContext context, string app)
    {
        if (await FindAsync(context, app) is not { } target || !await ExpectAsync(context, UploadPack))
        {
            return;
        }

        Begin(context, $"application/x-{UploadPack}-result");
        var repository = repositories.Ensure(target.AppId);
        await using var git = Git.Start(repository, Protocol(context, UploadPack), [], "upload-pack", "--stateless-rpc", repository);
        await using var ended = context.RequestAborted.Register(git.Kill);
        await FeedAsync(context, git);
        await git.Output.CopyToAsync(context.Response.Body, BufferSize, context.RequestAborted);
        await ReportAsync(git, UploadPack, app);
    }

    /// <summary>Takes a push. From the moment that the hook runs git goes on without its client: a release may have come of it.</summary>
    public async Task ReceivePackAsync(HttpContext context, string app)
    {
        if (await FindAsync(context, app) is not { } target || !await ExpectAsync(context, ReceivePack))
        {
            return;
        }

        Begin(context, $"application/x-{ReceivePack}-result");
        var repository = repositories.Ensure(target.AppId);
        using var session = sessions.Open(target, context.User.Identity?.Name ?? "", repository, context.RequestAborted);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MINIPAAS_PUSH_ID"] = session.Id,
            ["MINIPAAS_CONTROL_SOCKET"] = settings.ControlSocket,
        };
        await using var git = Git.Start(
            repository, environment, [repositories.HooksSetting], "receive-pack", "--stateless-rpc", repository);
        var relay = RelayAsync(git.Output, context);
        await FeedAsync(context, git);
        await relay;
        await ReportAsync(git, ReceivePack, app);
        if (session.Verdict is { Accepted: true, DeployedBranch: { } branch })
        {
            repositories.PointHead(target.AppId, branch);
        }
    }

    private async Task<PushTarget?> FindAsync(HttpContext context, string app)
    {
        var target = await find(app, context.RequestAborted);
        if (target is null)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status404NotFound,
                $"No app named \"{Shown(app)}\" on this platform. Create it: paas create {Shown(app)}");
        }

        return target;
    }

    private static async Task<bool> ExpectAsync(HttpContext context, string service)
    {
        if (context.Request.ContentType == $"application/x-{service}-request")
        {
            return true;
        }

        await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "This address is for git only.");
        return false;
    }

    // git shows the text of an error only when it is plain.
    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private static void Begin(HttpContext context, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // A repository has any size, and git falls silent for a while when it packs one.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static Dictionary<string, string> Protocol(HttpContext context, string service)
    {
        var version = context.Request.Headers["Git-Protocol"].ToString();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (service == UploadPack && ProtocolForm().IsMatch(version))
        {
            environment["GIT_PROTOCOL"] = version;
        }

        return environment;
    }

    private static async Task FeedAsync(HttpContext context, HostProcess git)
    {
        var body = context.Request.Headers.ContentEncoding.ToString() is "gzip" or "x-gzip"
            ? new GZipStream(context.Request.Body, CompressionMode.Decompress)
            : context.Request.Body;
        try
        {
            await body.CopyToAsync(git.Input, BufferSize, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidDataException)
        {
            // The client left or git stopped reading: git sees an incomplete request and says so.
        }

        git.Input.Close();
    }

    private static async Task RelayAsync(Stream output, HttpContext context)
    {
        var buffer = new byte[BufferSize];
        var gone = false;
        for (int read; (read = await output.ReadAsync(buffer, CancellationToken.None)) > 0;)
        {
            try
            {
                if (!gone)
                {
                    await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                gone = true;
            }
        }
    }

    private async Task ReportAsync(HostProcess git, string service, string app)
    {
        var code = await git.ExitAsync(CancellationToken.None);
        if (code != 0)
        {
            log.GitFailed(service, app, code, await git.ErrorsAsync(CancellationToken.None));
        }
    }

    private static string Shown(string app) =>
        new StringBuilder(app, 0, Math.Min(app.Length, 40), 40).ToString().ReplaceLineEndings("");

    [GeneratedRegex("^[a-z0-9=:.-]{1,100}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ProtocolForm();
}

/// <summary>The addresses of the git protocol.</summary>
internal static class GitEndpoints
{
    public static void MapGit(this IEndpointRouteBuilder routes, GitHttp git)
    {
        routes.MapGet("/{app}.git/info/refs", git.AdvertiseAsync);
        routes.MapPost("/{app}.git/git-upload-pack", git.UploadPackAsync);
        routes.MapPost("/{app}.git/git-receive-pack", git.ReceivePackAsync);
    }
}
