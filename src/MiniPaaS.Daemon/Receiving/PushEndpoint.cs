using Microsoft.AspNetCore.Http.Features;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>Where the pre-receive hook hands a push over: one request streams the words, the next one asks for the verdict.</summary>
internal sealed class PushEndpoint(PushSessions sessions, PushHandler handler, IHostApplicationLifetime lifetime, ILogger<PushEndpoint> log)
{
    private const int MaxUpdates = 10_000;

    // A client that stops reading for so long is taken for gone: it may not hold up a deployment.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/pushes/{id}", ReceiveAsync);
        routes.MapGet("/internal/pushes/{id}/verdict", (string id) => sessions.Find(id)?.Verdict switch
        {
            null => Results.NotFound(),
            { Accepted: true } => Results.NoContent(),
            _ => Results.Conflict(),
        });
    }

    private async Task ReceiveAsync(HttpContext context, string id)
    {
        if (sessions.Find(id) is not { } session || !session.TryStart())
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var updates = await ReadUpdatesAsync(context);
        var objects = ObjectDirectories.OfPush(session.Repository, context.Request.Headers["Git-Object-Directory"].ToString());
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var output = new PushOutput(context.Response.Body, Patience);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, session.Abandoned, lifetime.ApplicationStopping);
        if (updates is null || objects is null)
        {
            await output.WriteLineAsync(" !     The platform could not make sense of what git's hook told it; the push was not deployed.");
            session.Verdict = new PushVerdict(Accepted: false, []);
            return;
        }

        var request = new PushRequest(
            session.Target.AppId, session.User, updates, objects, turn => _ = session.ReleaseAfterwardsAsync(turn));
        session.Verdict = new PushVerdict(await DecideAsync(request, output, ended.Token), updates);
    }

    private async Task<bool> DecideAsync(PushRequest request, PushOutput output, CancellationToken ct)
    {
        try
        {
            return await handler(request, output, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await output.WriteLineAsync(" !     The push was cancelled before its release; nothing has changed. Push again.");
            return false;
        }
        catch (Exception e)
        {
            log.PushFailed(e, request.AppId);
            await output.WriteLineAsync($" !     The platform failed to handle this push: {e.Message}");
            await output.WriteLineAsync(
                " !     The server's log has the details. Push again; if it happens again, tell the server's administrator.");
            return false;
        }
    }

    private static async Task<IReadOnlyList<RefUpdate>?> ReadUpdatesAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var updates = new List<RefUpdate>();
        while (await reader.ReadLineAsync(context.RequestAborted) is { } line)
        {
            if (updates.Count == MaxUpdates || !RefUpdate.TryParse(line, out var update))
            {
                return null;
            }

            updates.Add(update);
        }

        return updates;
    }
}
