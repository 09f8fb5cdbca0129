using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Listening;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Admin;

/// <summary>What the control plane can ask of a router.</summary>
internal sealed class AdminEndpoints(
    RouteBoard board,
    HealthWatch health,
    CertificateBook certificates,
    Goodbye goodbye,
    MetricFamilies metrics,
    RequestLog requests,
    Traffic traffic,
    RouterSettings settings,
    ILogger<AdminEndpoints> log)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public async Task HandleAsync(HttpContext context)
    {
        var (request, cancel) = (context.Request, context.RequestAborted);
        await LeaveAsync();
        try
        {
            var answer = (request.Method, request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
            {
                ("GET", ["status"]) => Ok(Status(), ProtocolJson.Default.RouterStatus),
                ("GET", ["routes"]) => Ok(board.Snapshot(), ProtocolJson.Default.RouteSnapshot),
                ("PUT", ["routes"]) => PutRoutes(await ReadAsync(request, ProtocolJson.Default.RouteSnapshot, cancel)),
                ("PUT", ["apps", var app]) => PutApp(app, await ReadAsync(request, ProtocolJson.Default.AppRoute, cancel)),
                ("DELETE", ["apps", var app]) => DeleteApp(app),
                ("PUT", ["certificates"]) => PutCertificates(await ReadAsync(request, ProtocolJson.Default.CertificateSet, cancel)),
                ("GET", ["metrics"]) => new Text(PrometheusText.ContentType, output => WriteAsync(output, PrometheusText.Of(metrics), cancel)),
                ("GET", ["log"]) => new Text("text/plain; charset=utf-8", output => requests.CopyToAsync(output, cancel)),
                ("GET", ["targets", var id, "drained"]) => await DrainedAsync(id, request.Query["wait"], cancel),
                _ => Error(404, "not_found", $"A router has no {request.Method} {request.Path}."),
            };
            await answer.ExecuteAsync(context);
        }
        catch (JsonException failure)
        {
            await Error(400, "bad_request", $"The body is not what {request.Method} {request.Path} takes: {failure.Message}")
                .ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
        catch (Exception failure)
        {
            log.AdminFailed(failure, request.Method, request.Path.Value!);
            await Error(500, "failed", $"{request.Method} {request.Path} failed: {failure.Message}").ExecuteAsync(context);
        }
    }

    private RouterStatus Status() => new(
        settings.InstanceId, RouterHost.Version, Environment.ProcessId, board.Apps, traffic.Requests, traffic.InFlight, board.Synchronised,
        goodbye.Leaving, health.Unhealthy);

    private IResult PutRoutes(RouteSnapshot snapshot)
    {
        if (RouteCheck.Problem(snapshot, settings.BootId) is { } problem)
        {
            return Error(snapshot.BootId == settings.BootId ? 400 : 409, "snapshot_refused", $"The snapshot is refused: {problem}.");
        }

        board.Load(snapshot);
        return Ok(new RouteAck(snapshot.Apps.Length), ProtocolJson.Default.RouteAck);
    }

    private IResult PutApp(string app, AppRoute route)
    {
        var problem = RouteCheck.Problem(route) ?? (route.App == app ? null : $"the path says app {app}, the route {route.App}");
        if (problem is not null)
        {
            return Error(400, "bad_request", $"The route is refused: {problem}.");
        }

        var (inForce, version) = board.Apply(route);
        return inForce
            ? Ok(new RouteAck(version), ProtocolJson.Default.RouteAck)
            : Error(409, "stale_version", $"Version {version} of app {app} is in force, so this {route.Version} is refused; send a snapshot.");
    }

    private Reply<RouteAck> DeleteApp(string app)
    {
        board.Remove(app);
        return Ok(new RouteAck(0), ProtocolJson.Default.RouteAck);
    }

    private IResult PutCertificates(CertificateSet set) => certificates.TryReplace(set, out var problem)
        ? Ok(new RouteAck(set.Certificates.Length), ProtocolJson.Default.RouteAck)
        : Error(400, "certificates_refused", $"The certificates are refused, those before stay in force: {problem}.");

    private async Task<IResult> DrainedAsync(string targetId, string? wait, CancellationToken cancel)
    {
        if (!uint.TryParse(wait ?? "0", out var milliseconds))
        {
            return Error(400, "bad_request", $"wait is '{wait}'; give milliseconds.");
        }

        var limit = TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestWait.TotalMilliseconds));
        return Ok(await board.WaitDrainedAsync(targetId, limit, cancel), ProtocolJson.Default.DrainStatus);
    }

    // Ten thousand routes take a tenth of a second to put in force or to count: not on a thread that also carries requests.
    private static async Task LeaveAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel)
        where T : class
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancel);
        await LeaveAsync();
        return JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), type) ?? throw new JsonException("it is null");
    }

    private static Reply<T> Ok<T>(T value, JsonTypeInfo<T> type) => new(200, value, type);

    private static Reply<ApiError> Error(int status, string id, string message)
        => new(status, new ApiError(id, message), ProtocolJson.Default.ApiError);

    private static async Task WriteAsync(PipeWriter output, string text, CancellationToken cancel)
        => await output.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);

    private sealed record Text(string Type, Func<PipeWriter, Task> WriteAsync) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = Type;
            return WriteAsync(httpContext.Response.BodyWriter);
        }
    }

    private sealed record Reply<T>(int Status, T Value, JsonTypeInfo<T> Type) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = Status;
            return httpContext.Response.WriteAsJsonAsync(Value, Type, contentType: null, httpContext.RequestAborted);
        }
    }
}
