using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Errors in the one shape that clients know.</summary>
internal static class ApiResults
{
    public static IResult NotFound(string message) => Error(StatusCodes.Status404NotFound, "not_found", message);

    public static IResult NoApp(string name) => NotFound($"No app is named \"{name}\". See `paas apps`, or make it with `paas create {name}`.");

    public static IResult Invalid(string message) => Error(StatusCodes.Status422UnprocessableEntity, "invalid_params", message);

    public static IResult Conflict(string message) => Error(StatusCodes.Status409Conflict, "conflict", message);

    public static IResult Unauthorized() => Error(
        StatusCodes.Status401Unauthorized,
        "unauthorized",
        "The token is missing or not valid. Log in with `paas login`, or make a new token on the server with `minipaas-services token NAME`.");

    public static IResult Error(int status, string id, string message) =>
        Results.Json(new ApiError(id, message), ProtocolJson.Default.ApiError, statusCode: status);
}
