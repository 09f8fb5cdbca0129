using System.Text.Json;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>Whatever goes wrong outside of an endpoint is told in JSON as well: unknown addresses, broken requests, our own faults.</summary>
internal static partial class Failures
{
    public static void UseFailures(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("MiniPaaS.Daemon.Api");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                await SayAsync(context, log);
            }
            catch (Exception) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is there to be told.
            }
            catch (Exception e) when (!context.Response.HasStarted && Answer(context, e, log) is { } answer)
            {
                context.Response.Headers.Remove("Content-Length");
                await answer.ExecuteAsync(context);
            }
        });
    }

    // Of addresses that routing does not know only the status is set.
    private static async Task SayAsync(HttpContext context, ILogger log)
    {
        var response = context.Response;
        if (response.HasStarted || response.ContentLength is not null || !string.IsNullOrEmpty(response.ContentType))
        {
            return;
        }

        var (method, path) = (context.Request.Method, context.Request.Path);
        IResult? answer = response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ApiResults.NotFound("There is nothing at this address. The API is described in the README."),
            StatusCodes.Status405MethodNotAllowed => ApiResults.Error(
                response.StatusCode, "method_not_allowed", $"{method} is not possible at {path}; possible: {response.Headers.Allow}."),
            StatusCodes.Status415UnsupportedMediaType => Unsupported(),
            >= 500 => Broken(context, log, null),
            _ => null,
        };
        if (answer is not null)
        {
            await answer.ExecuteAsync(context);
        }
    }

    private static IResult? Answer(HttpContext context, Exception exception, ILogger log) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Unsupported(),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ApiResults.Error(
            StatusCodes.Status413PayloadTooLarge, "request_too_large", "The body of the request is larger than this address takes."),
        BadHttpRequestException { InnerException: JsonException json } => BadRequest(
            $"The body is not the JSON that this address takes{(json.Path is { Length: > 1 } path ? $": look at {path[2..]}" : "")} "
            + $"(line {json.LineNumber.GetValueOrDefault() + 1}, byte {json.BytePositionInLine.GetValueOrDefault() + 1})."),
        BadHttpRequestException bad => BadRequest(bad.Message),
        DockerException docker => ApiResults.Error(
            StatusCodes.Status503ServiceUnavailable, "engine_unavailable", $"Docker Engine did not do what this needs: {docker.Message} Nothing was changed by it; try again."),
        _ => Broken(context, log, exception),
    };

    private static IResult BadRequest(string message) => ApiResults.Error(StatusCodes.Status400BadRequest, "bad_request", message);

    private static IResult Unsupported() => ApiResults.Error(
        StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "The body must be JSON, and the request say so: Content-Type: application/json.");

    private static IResult Broken(HttpContext context, ILogger log, Exception? exception)
    {
        LogBroken(log, exception, context.Request.Method, context.Request.Path, context.TraceIdentifier);
        return ApiResults.Error(
            StatusCodes.Status500InternalServerError,
            "internal_server_error",
            $"The control plane failed at this request. Its log on the server tells why; look there for {context.TraceIdentifier}.");
    }

    [LoggerMessage(901, LogLevel.Error, "{Method} {Path} failed (request {RequestId})")]
    private static partial void LogBroken(ILogger log, Exception? e, string method, PathString path, string requestId);
}
